"""What the backups app keeps."""

from .backups import Backup
from .databases import Database, Engine
from .runs import BackupRun, DrillRun, DrillVerdict
from .schedules import Operation, Schedule

__all__ = ["Backup", "BackupRun", "Database", "DrillRun", "DrillVerdict", "Engine", "Operation", "Schedule"]
