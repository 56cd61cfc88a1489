"""What the backups app keeps."""

from .backups import Backup
from .checks import Check, CheckKind
from .databases import Database, Engine
from .discoveries import DiscoveredDatabase
from .plans import Plan
from .proofs import ProofRun
from .recipients import Recipient
from .restores import RestoreRun
from .rewraps import RewrapRun
from .runs import BackupRun, DrillRun, DrillVerdict
from .schedules import Operation, Schedule
from .storages import BackupCopy, LockMode, Storage, StorageKind

__all__ = [
    "Backup",
    "BackupCopy",
    "BackupRun",
    "Check",
    "CheckKind",
    "Database",
    "DiscoveredDatabase",
    "DrillRun",
    "DrillVerdict",
    "Engine",
    "LockMode",
    "Operation",
    "Plan",
    "ProofRun",
    "Recipient",
    "RestoreRun",
    "RewrapRun",
    "Schedule",
    "Storage",
    "StorageKind",
]
