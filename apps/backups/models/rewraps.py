"""Stored backups that are encrypted anew, to other keys."""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.common.runs import UNFINISHED, Run, RunQuerySet, RunStatus

from .backups import Backup


class RewrapRunQuerySet(RunQuerySet["RewrapRun"]):
    """Named filters of re-encryptions."""

    def uncleared(self) -> Self:
        """Ended, and what is not needed any more may still be in the storages."""
        return self.filter(cleared_at__isnull=True).exclude(status__in=UNFINISHED)


class RewrapRun(Run):
    """One attempt to encrypt one backup to other keys. The old objects go only when the new ones are listed."""

    backup = models.ForeignKey(Backup, models.PROTECT, related_name="rewraps")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    recipients = models.JSONField(default=list, editable=False, help_text="The public keys it is to be encrypted to.")
    old_key = models.CharField(max_length=200, editable=False)
    new_key = models.CharField(max_length=200, blank=True, editable=False)
    cleared_at = models.DateTimeField(
        "cleared", null=True, editable=False, help_text="The objects that are not listed are gone from every storage."
    )

    objects: ClassVar = RewrapRunQuerySet.as_manager()

    class Meta(Run.Meta):
        verbose_name = "re-encryption"
        constraints = [
            *Run.Meta.constraints,
            models.UniqueConstraint(
                fields=["backup"], condition=Q(status__in=UNFINISHED), name="backups_one_unfinished_rewrap_per_backup"
            ),
            models.CheckConstraint(condition=~Q(old_key=F("new_key")), name="backups_rewrap_has_a_key_of_its_own"),
        ]

    def __str__(self) -> str:
        return f"Re-encryption {self.pk} of {self.backup}"

    @property
    def obsolete_key(self) -> str:
        """What nothing lists: the old objects after it succeeded, its own unfinished ones otherwise."""
        return self.old_key if self.status == RunStatus.SUCCEEDED else self.new_key
