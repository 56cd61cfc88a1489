"""Custody drills: a backup is decrypted by one key alone, through the place where its identity is kept in escrow."""

from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import F
from django.urls import reverse

from apps.accounts.services import notify
from apps.audit import services as audit
from apps.backups.engines import encryption, findings
from apps.backups.engines.report import DrillReport
from apps.backups.exceptions import IdentityInvalid, KeyMissing, NoEscrow, NothingToDrill
from apps.backups.models import Backup, Database, DrillRun, Recipient, Schedule

from .plans import plan_of
from .queueing import queue_run


@transaction.atomic
def queue_custody_drill(
    *,
    database: Database,
    recipient: Recipient | None = None,
    backup: Backup | None = None,
    actor: Any = None,
    schedule: Schedule | None = None,
    scheduled_for: datetime | None = None,
    at: datetime | None = None,
) -> DrillRun:
    """Add a drill with that key alone, or with the escrowed one of the plan that was proven longest ago.

    Raises RunUnfinished, NothingToDrill. Without any escrowed key the drill is queued all the same, to fail aloud.
    """
    if backup and recipient and recipient.public_key not in backup.recipients:
        raise NothingToDrill(f"The backup {backup} is not encrypted to the key {recipient}. Choose another one.")
    run = DrillRun(
        database=database,
        backup=backup,
        is_custody=True,
        recipient=recipient or _next_in_turn(database),
        schedule=schedule,
        scheduled_for=scheduled_for,
        requested_by=actor,
    )
    refusal = f"A backup of {database} is being drilled already. Wait until that drill ends."
    queue_run(run, action="drill.queued", at=at, refusal=refusal)
    return run


def key_alone(run: DrillRun) -> Recipient:
    """The key that the custody drill is about. Raises NoEscrow."""
    if run.recipient is None:
        raise NoEscrow(
            f"No key of the plan of {run.database} names the file of its escrowed identity, so none can be tried. "
            "Name it under Backups, Keys, or run: manage.py drill --identity-file PATH"
        )
    return run.recipient


def newest_readable_by(recipient: Recipient, database: Database) -> Backup:
    """The newest backup of the database that is encrypted to the key. Raises NothingToDrill."""
    stored = database.backups.stored().filter(recipients__contains=[recipient.public_key])
    backup = stored.newest_first().first()
    if backup is None:
        raise NothingToDrill(f"No stored backup of {database} is encrypted to the key {recipient}. Take one first.")
    return backup


def read_escrow(recipient: Recipient) -> str:
    """The identity from where it is kept in escrow. Raises NoEscrow, or KeyMissing when it is not there."""
    if not recipient.identity_file:
        raise NoEscrow(f"The key {recipient} names no file of its escrowed identity. Give it: --identity-file PATH")
    return identity_of(recipient, read_identity_file(Path(recipient.identity_file)))


def read_identity_file(path: Path) -> list[str]:
    """The identities in a file. Raises KeyMissing."""
    try:
        return encryption.read_identities(path.read_text())
    except (OSError, UnicodeDecodeError) as error:
        words = error.strerror if isinstance(error, OSError) else "it is no text"
        raise KeyMissing(f"The escrowed identity cannot be read from {path}: {words}.") from error
    except IdentityInvalid as error:
        raise KeyMissing(f"{path} holds no escrowed identity: {error.message}") from error


def identity_of(recipient: Recipient, identities: list[str]) -> str:
    """The one that belongs to the key. Raises KeyMissing."""
    by_public_key = {encryption.public_key_of(identity): identity for identity in identities}
    if recipient.public_key not in by_public_key:
        found = ", ".join(by_public_key)
        raise KeyMissing(f"The identity kept for the key {recipient} ({recipient.public_key}) is another one: {found}.")
    return by_public_key[recipient.public_key]


def owner_of(identities: list[str]) -> tuple[Recipient, str]:
    """The key that one of the identities belongs to, with it. Raises KeyMissing."""
    by_public_key = {encryption.public_key_of(identity): identity for identity in identities}
    recipient = Recipient.objects.filter(public_key__in=by_public_key).first()
    if recipient is None:
        raise KeyMissing(f"The identity belongs to {', '.join(by_public_key)}, which is no key under Backups, Keys.")
    return recipient, by_public_key[recipient.public_key]


def note_custody(run: DrillRun, report: DrillReport, at: datetime) -> None:
    """Remember that the key decrypted a backup, or tell the owners that no key did."""
    for finding in report.findings:
        if finding.id == findings.KEY_MISSING:
            _tell_owners(run, finding.message, at)
    if run.recipient and "decrypt" in report.stages:
        Recipient.objects.filter(pk=run.recipient.pk).update(proven_at=at)
        audit.record(action="recipient.proven", subject=run.recipient, details={"drill": run.pk})


def _tell_owners(run: DrillRun, message: str, at: datetime) -> None:
    owner = run.database.environment.service.owner
    notify(
        recipients=owner.members.all() if owner else [],
        key=f"key-missing:{run.database_id}:{at:%Y-%m-%d}",
        subject=f"{run.database}: no key decrypts the backup",
        text=f"{message}\nUntil a key is found, these backups cannot be restored. See docs/recovery.md.",
        path=reverse("admin:backups_drillrun_change", args=[run.pk]),
        at=at,
    )


def _next_in_turn(database: Database) -> Recipient | None:
    escrowed = plan_of(database).recipients.active().escrowed()
    return escrowed.order_by(F("proven_at").asc(nulls_first=True), "pk").first()
