"""Telling the owners what is wrong with a database's protection, once, and again when it is over."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from apps.accounts.models import Notice, User
from apps.accounts.selectors import people_who_may
from apps.accounts.services import notify
from apps.backups.engines.findings import SOURCE_CHANGED
from apps.backups.models import Database, DrillVerdict
from apps.backups.selectors import last_drill
from apps.backups.selectors.watching import Watch, watch
from apps.common.addresses import change_address
from apps.common.wording import duration_in_words

OVER = ":over"
FAILURES_TOLD = 3
TOLD_FOR = timedelta(days=7)  # so long, a notice that could not be written is written yet


@dataclass(frozen=True)
class Alert:
    """Something to tell, once for each key."""

    key: str
    subject: str
    text: str


def announce_alerts(*, at: datetime) -> int:
    """Tell the owners of each database what is wrong with its protection. Gives how many notices were written."""
    databases = Database.objects.filter(is_enabled=True).select_related("environment__service__owner")
    return sum(_announce(database, at) for database in databases)


def find_alerts(figures: Watch) -> list[Alert]:
    """Everything that is wrong now."""
    return [
        *_of_the_point(figures),
        *_of_the_last_drill(figures),
        *_of_failures(figures),
        *_of_anomalies(figures),
        *_of_the_source(figures),
    ]


def _announce(database: Database, at: datetime) -> int:
    people, told = list(_people(database)), 0
    figures = watch(database, at=at)
    for alert in [*find_alerts(figures), *_ended(figures)]:
        told += notify(
            recipients=people,
            key=alert.key,
            subject=alert.subject,
            text=alert.text,
            path=change_address(database),
            at=at,
        )
    return told


def _people(database: Database) -> Iterator[User]:
    """The members of the owner team; without them, whoever may drill it."""
    owner = database.environment.service.owner
    members = list(owner.members.filter(is_active=True)) if owner else []
    yield from members or people_who_may("backups.drill_database")


def _of_the_point(figures: Watch) -> Iterator[Alert]:
    database = figures.database
    was_tried = database.backupruns.exists()
    if not figures.is_point_missed or not was_tried:
        return
    proven = database.backups.stored().proven().newest_first().values_list("pk", flat=True).first()
    lost = duration_in_words(figures.proven_age) if figures.proven_age else "everything"
    yield Alert(
        f"rpo:{database.pk}:{proven or 0}",
        f"{database}: {lost} would be lost now",
        f"The newest proven backup is older than the objective of {duration_in_words(database.rpo_objective)}, "
        "or there is none. Look at the last backup and the last drill.",
    )


def _of_the_last_drill(figures: Watch) -> Iterator[Alert]:
    drill = last_drill(figures.database)
    if drill is None or drill.outcome == DrillVerdict.PROVEN:
        return
    reason = drill.findings[0]["message"] if drill.findings else drill.error
    words = "refuted the backup" if drill.outcome == DrillVerdict.FAILED else "could not verify the backup"
    yield Alert(f"drill:{drill.pk}", f"{figures.database}: the drill {words}", reason or "See the drill.")


def _of_failures(figures: Watch) -> Iterator[Alert]:
    if figures.failed_backups < FAILURES_TOLD:
        return
    newest = figures.database.backupruns.succeeded().order_by("-finished_at").values_list("pk", flat=True).first()
    yield Alert(
        f"failures:{figures.database.pk}:{newest or 0}",
        f"{figures.database}: the last {figures.failed_backups} backups failed",
        "No new backup was stored. The older ones are kept while this lasts.",
    )


def _of_anomalies(figures: Watch) -> Iterator[Alert]:
    newest = figures.database.backups.newest_first().values_list("pk", flat=True).first()
    for anomaly in figures.anomalies:
        yield Alert(
            f"anomaly:{newest}:{anomaly.figure}",
            f"{figures.database}: the newest backup is unlike the ones before it",
            anomaly.sentence,
        )


def _of_the_source(figures: Watch) -> Iterator[Alert]:
    """Each backup of late that was of another server or database than the one before it."""
    of_late = figures.database.backups.filter(finished_at__gt=figures.at - TOLD_FOR)
    changed = of_late.filter(warnings__contains=[{"id": SOURCE_CHANGED}]).order_by("finished_at")
    for pk, warnings in changed.values_list("pk", "warnings"):
        said = next(row for row in warnings if row["id"] == SOURCE_CHANGED)
        subject = f"{figures.database}: the source is another one than before"
        yield Alert(f"source:{pk}", subject, f"{said['message']} {said['advice']}")


def _ended(figures: Watch) -> Iterator[Alert]:
    """That the newest proven backup is young again, to those who were told that it was not."""
    if figures.is_point_missed:
        return
    told = Notice.objects.filter(key__startswith=f"rpo:{figures.database.pk}:").order_by("-created_at")
    newest = told.values_list("key", flat=True).first()
    if newest and not newest.endswith(OVER):
        age = duration_in_words(figures.proven_age) if figures.proven_age else ""
        yield Alert(
            newest + OVER,
            f"{figures.database} is within its objective again",
            f"The newest proven backup is {age} old.",
        )
