"""Databases, backups and drills in the admin."""

from .databases import DatabaseAdmin
from .history import BackupAdmin, BackupRunAdmin, DrillRunAdmin

__all__ = ["BackupAdmin", "BackupRunAdmin", "DatabaseAdmin", "DrillRunAdmin"]
