"""Finding databases that live beside protected ones, and that nobody protects."""

from datetime import datetime
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils.text import slugify

from apps.accounts.selectors import people_who_may
from apps.accounts.services import notify
from apps.audit import services as audit
from apps.backups.engines.probe import Neighbours, Offer
from apps.backups.engines.probes import DISCOVERERS, NEIGHBOUR_URLS
from apps.backups.exceptions import DiscoveryRefused
from apps.backups.models import Database, DiscoveredDatabase, Schedule
from apps.common.exceptions import OperationError
from apps.common.wording import counted

from .plans import plan_of

logger = structlog.get_logger(__name__)
NAMES_TOLD = 10


def discover(*, at: datetime) -> list[DiscoveredDatabase]:
    """Look at every server once, keep what is there, and tell operators of what is new and unprotected."""
    views = [view for database in Database.objects.filter(is_enabled=True) if (view := _look(database)) is not None]
    covered = {(seen.server, seen.own_name): database for database, seen in views}
    servers = {seen.server: (database, seen) for database, seen in reversed(views)}
    new = [one for through, seen in servers.values() for one in _keep(through, seen, covered, at)]
    if new:
        _tell(new, at)
    return new


@transaction.atomic
def set_aside(*, found: DiscoveredDatabase, reason: str, at: datetime, actor: Any = None) -> None:
    """Note that it needs no backup, and why. Raises DiscoveryRefused."""
    if not reason.strip():
        raise DiscoveryRefused("Say why it needs no backup: whoever reviews the list wants to know.")
    fields = {"ignored_at": at, "ignored_by": actor, "ignored_reason": reason.strip()[:200]}
    DiscoveredDatabase.objects.filter(pk=found.pk).update(**fields)
    audit.record(action="discovery.set_aside", subject=found, actor=actor, details={"reason": reason.strip()})


@transaction.atomic
def protect(*, found: DiscoveredDatabase, at: datetime, actor: Any = None) -> Database:
    """Add it as a database, with the connection, plan and schedules of the one that it was seen through."""
    found = DiscoveredDatabase.objects.select_for_update(of=("self",)).get(pk=found.pk)
    if found.covered_by is not None or found.gone_at is not None:
        raise DiscoveryRefused(f"{found} is {'gone' if found.gone_at else 'protected already'}.")
    model = found.seen_through
    database = Database.objects.create(
        name=_free_name(found.name),
        environment=model.environment,
        engine=found.engine,
        connection_url=NEIGHBOUR_URLS[found.engine](model.connection_url, found.name),
        rpo_objective=model.rpo_objective,
        rto_objective=model.rto_objective,
    )
    _copy_plan(model, database, at)
    cover = {"covered_by": database, "ignored_at": None, "ignored_by": None, "ignored_reason": ""}
    DiscoveredDatabase.objects.filter(pk=found.pk).update(**cover)
    audit.record(action="database.added", subject=database, actor=actor, details={"like": model.name})
    return database


def _look(database: Database) -> tuple[Database, Neighbours] | None:
    if database.engine not in DISCOVERERS:
        return None
    try:
        return database, DISCOVERERS[database.engine](database.connection_url)
    except OperationError as error:  # its backups fail too, and say so
        logger.warning("server_not_looked_at", database=database.name, error=error.message)
        return None


@transaction.atomic
def _keep(
    through: Database, seen: Neighbours, covered: dict[tuple[str, str], Database], at: datetime
) -> list[DiscoveredDatabase]:
    known = {one.name: one for one in DiscoveredDatabase.objects.select_for_update().filter(server=seen.server)}
    new = []
    for offer in seen.databases:
        cover = covered.get((seen.server, offer.name))
        one = _note(known.get(offer.name), through, seen, offer, cover, at)
        if one is not None:
            new.append(one)
    there = [offer.name for offer in seen.databases]
    gone = DiscoveredDatabase.objects.there().filter(server=seen.server).exclude(name__in=there)
    gone.update(gone_at=at)
    return new


def _note(
    known: DiscoveredDatabase | None,
    through: Database,
    seen: Neighbours,
    offer: Offer,
    cover: Database | None,
    at: datetime,
) -> DiscoveredDatabase | None:
    """The row, when it is unprotected and was not so before."""
    one = known or DiscoveredDatabase(server=seen.server, name=offer.name, first_seen_at=at)
    was_unprotected = known is not None and known.state in {"unprotected", "set_aside"}
    one.engine, one.address, one.seen_through = through.engine, seen.address, through
    # One that was added by its own address is covered, although its server did not answer this time.
    one.covered_by = cover or one.covered_by
    one.size_bytes, one.last_seen_at, one.gone_at = offer.size_bytes, at, None
    one.save()
    return None if was_unprotected or one.state != "unprotected" else one


def _tell(new: list[DiscoveredDatabase], at: datetime) -> None:
    names = ", ".join(str(one) for one in new[:NAMES_TOLD])
    rest = len(new) - NAMES_TOLD
    notify(
        recipients=people_who_may("backups.add_database"),
        key=f"discovered:{at.isoformat()}",
        subject=f"{counted(len(new), 'database')} without backups",
        text=f"Seen, and backed up by nobody: {names}{f' and {rest} more' if rest > 0 else ''}. "
        "Protect them, or say why they need no backup.",
        path="/admin/backups/discovereddatabase/",
        at=at,
    )


def _free_name(name: str) -> str:
    base = slugify(name.replace("_", "-"))[:40] or "database"
    taken = set(Database.objects.filter(Q(name=base) | Q(name__startswith=f"{base}-")).values_list("name", flat=True))
    numbered = (f"{base}-{number}" for number in range(2, len(taken) + 3))
    return next(one for one in (base, *numbered) if one not in taken)


def _copy_plan(model: Database, database: Database, at: datetime) -> None:
    plan = plan_of(model)
    storages, recipients = list(plan.storages.all()), list(plan.recipients.all())
    plan.pk, plan.database, plan.frozen_because, plan._state.adding = None, database, "", True
    plan.save(force_insert=True)
    plan.storages.set(storages)
    plan.recipients.set(recipients)
    for schedule in Schedule.objects.filter(database=model, is_enabled=True):
        same = {"operation": schedule.operation, "interval": schedule.interval, "cron": schedule.cron}
        Schedule.objects.get_or_create(
            database=database, operation=schedule.operation, defaults={**same, "starts_at": at}
        )
