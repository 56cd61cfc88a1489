"""Databases that are backed up."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from apps.backups.engines.contract import PointEngine
from apps.backups.engines.register import engine_named
from apps.backups.exceptions import BackupError
from apps.catalog.models import Environment
from apps.common.fields import EncryptedTextField


class Engine(models.TextChoices):
    """The kinds of database that can be backed up and drilled."""

    POSTGRESQL = "postgresql", "PostgreSQL"
    MARIADB = "mariadb", "MariaDB"
    SQLITE = "sqlite", "SQLite"
    FILES = "files", "Files"
    PGBACKREST = "pgbackrest", "PostgreSQL by pgBackRest"
    ADOPTED = "adopted", "Backups made by another tool"


SERVERS = {Engine.MARIADB: "MariaDB", Engine.SQLITE: "SQLite", Engine.FILES: ""}  # of all others PostgreSQL
COUNTED = {Engine.FILES: ("file", "folder")}  # of all others rows and tables


def keeps_log(engine: str) -> bool:
    """Whether backups of the engine can be recovered to any point in time."""
    return isinstance(engine_named(engine), PointEngine)


class Database(models.Model):
    """One database of an environment, with what its owners expect of a recovery."""

    environment = models.ForeignKey(Environment, models.PROTECT, related_name="databases")
    name = models.SlugField(unique=True, help_text="Names the database in commands, and its folder in the storage.")
    engine = models.CharField(max_length=20, choices=Engine, default=Engine.POSTGRESQL)
    connection_url = EncryptedTextField(
        help_text=(
            "postgresql://USER:PASSWORD@HOST:PORT/NAME, mysql://USER:PASSWORD@HOST:PORT/NAME, sqlite:///srv/app.db, "
            "file:///srv/media or s3://KEY_ID:SECRET@BUCKET/prefix. Encrypted at rest, and never shown again."
        ),
    )
    rpo_objective = models.DurationField(
        "recovery point objective", default=timedelta(hours=24), help_text="How much of the newest data may be lost."
    )
    rto_objective = models.DurationField(
        "recovery time objective", default=timedelta(hours=1), help_text="How long a recovery may take."
    )
    is_enabled = models.BooleanField("enabled", default=True, help_text="Schedules of a disabled database rest.")
    checked_at = models.DateTimeField("connection tested", null=True, blank=True, editable=False)
    check_lines = models.JSONField(
        "what the test said", default=list, blank=True, editable=False, help_text="One object for each thing looked at."
    )

    class Meta:
        ordering = ["name"]
        permissions = [("back_up_database", "Can back up a database now"), ("drill_database", "Can drill a backup now")]
        constraints = [
            models.CheckConstraint(
                condition=Q(rpo_objective__gt=timedelta(0), rto_objective__gt=timedelta(0)),
                name="backups_database_objectives_positive",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def counted(self) -> tuple[str, str]:
        """What is counted in it, and in what: rows in tables, or files in folders."""
        return COUNTED.get(Engine(self.engine), ("row", "table"))

    @property
    def keeps_log(self) -> bool:
        """Whether it can be recovered to any point in time."""
        return keeps_log(self.engine)

    def clean(self) -> None:
        """Refuse what the engine could not connect with, without repeating it."""
        try:
            engine_named(self.engine).check_url(self.connection_url)
        except BackupError as error:
            raise ValidationError({"connection_url": error.message}) from error
