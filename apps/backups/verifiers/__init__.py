"""What backups can prove of a service."""

from .objectives import RecoveryPoint, RecoveryTime
from .recent import Recent
from .restore_drill import RestoreDrill

__all__ = ["Recent", "RecoveryPoint", "RecoveryTime", "RestoreDrill"]
