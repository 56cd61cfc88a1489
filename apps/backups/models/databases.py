"""Databases that are backed up."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from apps.backups.engines.postgresql.address import Address, parse_address
from apps.backups.exceptions import AddressInvalid
from apps.catalog.models import Environment
from apps.common.fields import EncryptedTextField


class Engine(models.TextChoices):
    """The kinds of database that can be backed up and drilled."""

    POSTGRESQL = "postgresql", "PostgreSQL"


def validate_connection_url(url: str) -> None:
    """Refuse what no driver could connect with, without repeating it."""
    try:
        parse_address(url)
    except AddressInvalid as error:
        raise ValidationError(error.message, code="invalid") from error


class Database(models.Model):
    """One database of an environment, with what its owners expect of a recovery."""

    environment = models.ForeignKey(Environment, models.PROTECT, related_name="databases")
    name = models.SlugField(unique=True, help_text="Names the database in commands, and its folder in the storage.")
    engine = models.CharField(max_length=20, choices=Engine, default=Engine.POSTGRESQL)
    connection_url = EncryptedTextField(
        validators=[validate_connection_url],
        help_text="postgresql://USER:PASSWORD@HOST:PORT/NAME. Encrypted at rest, and never shown again.",
    )
    rpo_objective = models.DurationField(
        "recovery point objective", default=timedelta(hours=24), help_text="How much of the newest data may be lost."
    )
    rto_objective = models.DurationField(
        "recovery time objective", default=timedelta(hours=1), help_text="How long a recovery may take."
    )
    kept_backups = models.PositiveSmallIntegerField(
        "backups kept",
        default=14,
        validators=[MinValueValidator(1)],
        help_text="Older ones are removed; the newest proven one never is.",
    )
    is_enabled = models.BooleanField("enabled", default=True, help_text="Schedules of a disabled database rest.")

    class Meta:
        ordering = ["name"]
        permissions = [("back_up_database", "Can back up a database now"), ("drill_database", "Can drill a backup now")]
        constraints = [
            models.CheckConstraint(condition=Q(kept_backups__gte=1), name="backups_database_keeps_one"),
            models.CheckConstraint(
                condition=Q(rpo_objective__gt=timedelta(0), rto_objective__gt=timedelta(0)),
                name="backups_database_objectives_positive",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> Address:
        """Where it is. Raises AddressInvalid."""
        return parse_address(self.connection_url)
