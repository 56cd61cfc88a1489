"""Restores that people ask for: a backup into a new database, never over an old one."""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

from apps.common.runs import UNFINISHED, Run, RunQuerySet, RunStatus

from .backups import Backup
from .databases import Database

NEW_NAME = r"^[a-z_][a-z0-9_]{0,62}$"


class RestoreRunQuerySet(RunQuerySet["RestoreRun"]):
    """Named filters of restores."""

    def waiting_for_approval(self) -> Self:
        return self.filter(status=RunStatus.QUEUED, needs_approval=True, approved_at__isnull=True)

    def ready(self) -> Self:
        """Queued, and approved where that is needed."""
        return self.filter(Q(needs_approval=False) | Q(approved_at__isnull=False), status=RunStatus.QUEUED)


class RestoreRun(Run):
    """One restore of one backup into a database that did not exist before."""

    backup = models.ForeignKey(Backup, models.PROTECT, related_name="restores")
    server = models.ForeignKey(
        Database, models.PROTECT, related_name="restores_beside", help_text="The new database is made on its server."
    )
    new_name = models.CharField(
        "name of the new database",
        max_length=63,
        validators=[RegexValidator(NEW_NAME, "Small letters, digits and underscores, not beginning with a digit.")],
        help_text="There must be no database of this name yet.",
    )
    tables = models.JSONField(default=list, blank=True, help_text="Only the rows of these tables. Empty: everything.")
    with_owners = models.BooleanField("owners and privileges too", default=True)
    reason = models.TextField()
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", editable=False
    )
    needs_approval = models.BooleanField(default=False, editable=False)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    approved_at = models.DateTimeField("approved", null=True, blank=True, editable=False)
    sent_at = models.DateTimeField("sent to a worker", null=True, editable=False)
    stages = models.JSONField(default=list, blank=True, editable=False)
    findings = models.JSONField(default=list, blank=True, editable=False)
    done_items = models.PositiveIntegerField("done", default=0, editable=False)
    total_items = models.PositiveIntegerField("of", null=True, editable=False)

    objects: ClassVar = RestoreRunQuerySet.as_manager()

    class Meta(Run.Meta):
        verbose_name = "restore"
        permissions = [("approve_restorerun", "Can approve a restore into production")]
        constraints = [
            *Run.Meta.constraints,
            models.UniqueConstraint(
                fields=["server", "new_name"],
                condition=Q(status__in=UNFINISHED),
                name="backups_one_restore_into_a_name",
            ),
            models.CheckConstraint(
                condition=Q(needs_approval=False)
                | Q(approved_at__isnull=False)
                | ~Q(status__in=["running", "succeeded"]),
                name="backups_restore_is_approved",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("requested_by")),
                name="backups_restore_approved_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"Restore {self.pk} of {self.backup.database} into {self.new_name}"

    @property
    def mark(self) -> str:
        """What the new database says of itself while it is half made, so that nothing else is ever dropped."""
        return f"seaworthy restore {self.pk}, claim {self.fence}"

    @property
    def is_partial(self) -> bool:
        return bool(self.tables)

    @property
    def waits_for_approval(self) -> bool:
        return self.status == RunStatus.QUEUED and self.needs_approval and self.approved_at is None

    @property
    def percent(self) -> int | None:
        """How much of it is done, once that is known."""
        return min(99, 100 * self.done_items // self.total_items) if self.total_items else None

    @property
    def stage_rows(self) -> list[tuple[str, float]]:
        """Each stage with its seconds, in the order in which they happened."""
        return [(str(name), float(seconds)) for name, seconds in self.stages]

    def approve(self, *, by: Any, at: Any) -> bool:
        """Let it run. False: it was decided before, or by the one who asked."""
        waiting = RestoreRun.objects.waiting_for_approval().filter(pk=self.pk).exclude(requested_by=by)
        approved = waiting.update(approved_by=by, approved_at=at, sent_at=at)
        self.refresh_from_db()
        return approved == 1

    def refuse(self, *, at: Any, error: str) -> bool:
        """End it before it begins. False: it was decided before."""
        waiting = RestoreRun.objects.waiting_for_approval().filter(pk=self.pk)
        refused = waiting.update(status=RunStatus.FAILED, finished_at=at, error=error)
        self.refresh_from_db()
        return refused == 1
