"""Finished backups: nothing unfinished is ever a row here."""

import re
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q

from apps.common.wording import counted

from .databases import SERVERS, Database, Engine
from .runs import BackupRun, DrillRun, DrillVerdict


class BackupQuerySet(models.QuerySet["Backup"]):
    """Named filters of backups."""

    def stored(self) -> Self:
        """Whole in a storage: what retention has let go stays listed until its grace is over."""
        return self.filter(removed_at__isnull=True, removal_began_at__isnull=True, lost_at__isnull=True)

    def let_go(self) -> Self:
        """Stored still, and marked by retention to be removed when the grace is over."""
        return self.stored().filter(removal_asked_at__isnull=False)

    def held(self, at: datetime) -> Self:
        """Kept by a person's word until an instant to come."""
        return self.filter(held_until__gt=at)

    def kept_here(self) -> Self:
        """In the storages of the plan, where its retention decides."""
        return self.filter(origin="")

    def kept_elsewhere(self) -> Self:
        """Made and kept by another tool; only their manifests are in the storages of the plan."""
        return self.exclude(origin="")

    def with_newest_verdict(self) -> Self:
        """With `drilled_as`: what the newest drill that could look said, or None."""
        return self.annotate(drilled_as=_newest_verdict())

    def proven(self) -> Self:
        """Restored and found equal by the newest drill that could look."""
        return self.alias(newest=_newest_verdict()).filter(newest=DrillVerdict.PROVEN)

    def refuted(self) -> Self:
        """Restored and found different, or not restorable, by the newest drill that could look."""
        return self.alias(newest=_newest_verdict()).filter(newest=DrillVerdict.FAILED)

    def newest_first(self) -> Self:
        return self.order_by("-snapshot_at", "-pk")


class Backup(models.Model):
    """A backup whose manifest was published: what is stored, and what the source held at that instant."""

    database = models.ForeignKey(Database, models.PROTECT, related_name="backups")
    run = models.OneToOneField(BackupRun, models.PROTECT, related_name="backup")
    storage_key = models.CharField(max_length=200, unique=True)
    sha256 = models.CharField("SHA-256", max_length=64)
    manifest_sha256 = models.CharField("SHA-256 of the manifest", max_length=64)
    size_bytes = models.PositiveBigIntegerField("size")
    content_bytes = models.PositiveBigIntegerField("size before compression")
    database_size_bytes = models.PositiveBigIntegerField("size of the database")
    tables = models.PositiveIntegerField()
    rows = models.PositiveBigIntegerField()
    server_version = models.CharField(max_length=40)
    snapshot_at = models.DateTimeField("as of")
    finished_at = models.DateTimeField("finished")
    removal_asked_at = models.DateTimeField("let go by retention", null=True, blank=True, editable=False)
    removal_reason = models.CharField(max_length=200, blank=True, editable=False)
    removal_began_at = models.DateTimeField(
        "removal began", null=True, blank=True, editable=False, help_text="From then on it is no backup any more."
    )
    removed_at = models.DateTimeField(
        "removed from the storage", null=True, blank=True, editable=False, help_text="Seen to be gone everywhere."
    )
    lost_at = models.DateTimeField(
        "found lost", null=True, blank=True, editable=False, help_text="No storage has it any more. Nobody removed it."
    )
    fingerprint = models.JSONField(help_text="What the source held in the snapshot.")
    warnings = models.JSONField(default=list, blank=True, editable=False, help_text="Worth knowing of the source.")
    engine = models.CharField(max_length=20, default=Engine.POSTGRESQL, editable=False)
    origin = models.CharField(
        max_length=500, blank=True, editable=False, help_text="What the tool that made it calls it, or its file."
    )
    recipients = models.JSONField(
        "encrypted to", default=list, blank=True, editable=False, help_text="Public keys; empty when not encrypted."
    )
    companions = models.JSONField(
        default=list, blank=True, editable=False, help_text="The small objects beside it, with their SHA-256."
    )
    held_until = models.DateTimeField("held until", null=True, blank=True, help_text="Retention leaves it alone.")
    hold_reason = models.CharField(max_length=200, blank=True)

    objects = BackupQuerySet.as_manager()

    class Meta:
        ordering = ["-snapshot_at"]
        permissions = [("hold_backup", "Can hold a backup back from retention, and release it")]
        indexes = [models.Index(fields=["database", "-snapshot_at"], name="backups_newest")]
        constraints = [
            models.CheckConstraint(
                condition=Q(sha256__regex=r"^[0-9a-f]{64}$", manifest_sha256__regex=r"^[0-9a-f]{64}$"),
                name="backups_backup_has_checksums",
            ),
            models.CheckConstraint(
                condition=Q(removal_began_at__isnull=True) | Q(removal_asked_at__isnull=False),
                name="backups_backup_removal_was_asked",
            ),
            models.CheckConstraint(
                condition=Q(held_until__isnull=True) | ~Q(hold_reason=""), name="backups_backup_hold_has_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.database} as of {self.snapshot_at:%Y-%m-%d %H:%M:%S} UTC"

    @property
    def made_of(self) -> str:
        """The server that it is of, with its version: `MariaDB 10.11.19`. Empty of files."""
        version = re.split(r"[\s-]", self.server_version, maxsplit=1)[0]
        return f"{SERVERS.get(Engine(self.engine), 'PostgreSQL')} {version}".strip()

    @property
    def holds(self) -> str:
        """What was counted in it: `2,502 rows in 7 tables`."""
        if self.engine == Engine.ADOPTED:
            return "not measured: another tool made it"
        small, large = self.database.counted
        return f"{counted(self.rows, small)} in {counted(self.tables, large)}"

    @property
    def object_sha256s(self) -> set[str]:
        """The SHA-256 of each object that makes it up."""
        return {self.sha256, self.manifest_sha256, *(companion["sha256"] for companion in self.companions)}

    @property
    def is_stored(self) -> bool:
        """Whether it can be fetched. What retention has let go can be, until its grace is over."""
        return self.removed_at is None and self.removal_began_at is None and self.lost_at is None

    def let_go(self, reason: str, *, at: datetime) -> bool:
        """Mark it to be removed when the grace is over. False: it is marked already, or not there."""
        waiting = Backup.objects.stored().filter(pk=self.pk, removal_asked_at__isnull=True)
        return self._changed(waiting.update(removal_asked_at=at, removal_reason=reason[:200]))

    def take_back(self) -> bool:
        """Take the mark away. False: it is not marked, or its removal has begun."""
        marked = Backup.objects.let_go().filter(pk=self.pk)
        return self._changed(marked.update(removal_asked_at=None, removal_reason=""))

    def begin_removal(self, *, asked_before: datetime, at: datetime) -> bool:
        """Unlist it. False: it was not let go, or too lately, or somebody holds it."""
        marked = Backup.objects.let_go().filter(pk=self.pk, removal_asked_at__lte=asked_before)
        free = marked.filter(Q(held_until__isnull=True) | Q(held_until__lte=at))
        return self._changed(free.update(removal_began_at=at))

    def note_removed(self, *, at: datetime) -> bool:
        """Note that no storage has it any more. False: one still has, or it was noted before."""
        going = Backup.objects.filter(pk=self.pk, removal_began_at__isnull=False, removed_at__isnull=True)
        return self._changed(going.exclude(copies__in=self.copies.filter(removed_at=None)).update(removed_at=at))

    def hold(self, until: datetime, reason: str) -> bool:
        """Keep it until then; that takes it back too. False: its removal has begun."""
        kept = {"held_until": until, "hold_reason": reason[:200], "removal_asked_at": None, "removal_reason": ""}
        return self._changed(Backup.objects.stored().filter(pk=self.pk).update(**kept))

    def release(self) -> bool:
        """End the hold. False: there was none."""
        held = Backup.objects.filter(pk=self.pk, held_until__isnull=False)
        return self._changed(held.update(held_until=None, hold_reason=""))

    def _changed(self, rows: int) -> bool:
        if rows:
            self.refresh_from_db(fields=[
                "removal_asked_at", "removal_reason", "removal_began_at", "removed_at", "held_until", "hold_reason",
            ])  # fmt: skip
        return rows == 1


def _newest_verdict() -> models.Subquery:
    """The verdict of the newest drill that could look, of each backup in the outer query."""
    verdicts = DrillRun.objects.decisive().filter(backup=models.OuterRef("pk"))
    return models.Subquery(verdicts.order_by("-finished_at", "-pk").values("verdict")[:1])
