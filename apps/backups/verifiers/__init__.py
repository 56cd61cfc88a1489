"""What backups can prove of a service."""

from .key_custody import KeyCustody
from .objectives import RecoveryPoint, RecoveryTime
from .point_in_time import PointInTime
from .recent import Recent
from .restore_drill import RestoreDrill

__all__ = ["KeyCustody", "PointInTime", "Recent", "RecoveryPoint", "RecoveryTime", "RestoreDrill"]
