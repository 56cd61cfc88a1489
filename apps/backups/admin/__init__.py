"""Databases, backups and drills in the admin."""

from .databases import DatabaseAdmin
from .discoveries import DiscoveredDatabaseAdmin
from .history import BackupAdmin, BackupRunAdmin, DrillRunAdmin
from .keys import RecipientAdmin, RewrapRunAdmin
from .plans import PlanAdmin
from .proofs import ProofRunAdmin
from .restores import RestoreRunAdmin
from .storages import StorageAdmin

__all__ = [
    "BackupAdmin",
    "BackupRunAdmin",
    "DatabaseAdmin",
    "DiscoveredDatabaseAdmin",
    "DrillRunAdmin",
    "PlanAdmin",
    "ProofRunAdmin",
    "RecipientAdmin",
    "RestoreRunAdmin",
    "RewrapRunAdmin",
    "StorageAdmin",
]
