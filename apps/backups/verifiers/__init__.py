"""What backups can prove of a service."""

from .recent import Recent
from .restore_drill import RestoreDrill

__all__ = ["Recent", "RestoreDrill"]
