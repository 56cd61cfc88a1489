"""What would be lost, how long a recovery takes, what is unusual, over time."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from apps.accounts.models import Notice, User
from apps.audit.models import AuditEvent
from apps.backups import services
from apps.backups.engines.watching import (
    AgePoint,
    Measured,
    Proof,
    Sized,
    anomalies,
    forecast,
    proven_ages,
    quantile,
)
from apps.backups.models import Backup, BackupCopy, BackupRun, Database, DrillRun, Storage
from apps.backups.selectors.watching import watch
from apps.backups.services.alerts import announce_alerts, find_alerts
from apps.backups.verifiers import RecoveryPoint, RecoveryTime
from apps.common.clock import now
from apps.common.runs import RunStatus
from apps.evidence.contract import Context, NothingYet
from apps.evidence.judge import Verdict, judge

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_the_age_grows_with_the_clock_and_falls_with_each_better_proof() -> None:
    proofs = [Proof(NOON, NOON - HOUR), Proof(NOON + 4 * HOUR, NOON + 3 * HOUR), Proof(NOON + 5 * HOUR, NOON - DAY)]
    points = proven_ages(proofs, since=NOON - HOUR, until=NOON + 6 * HOUR)

    assert points == [
        AgePoint(NOON - HOUR, None),
        AgePoint(NOON, None),
        AgePoint(NOON, HOUR),
        AgePoint(NOON + 4 * HOUR, 5 * HOUR),
        AgePoint(NOON + 4 * HOUR, HOUR),
        AgePoint(NOON + 6 * HOUR, 3 * HOUR),
    ]


@given(st.lists(st.tuples(st.integers(-5000, 5000), st.integers(0, 3000))), st.integers(1, 4000))
def test_at_its_end_the_age_is_that_of_the_newest_proof(steps: list[tuple[int, int]], minutes: int) -> None:
    until = NOON + timedelta(minutes=minutes)
    moments = [NOON + timedelta(minutes=ended) for ended, _ in steps]
    ages = [timedelta(minutes=age) for _, age in steps]
    proofs = [Proof(at, at - age) for at, age in zip(moments, ages, strict=True)]
    known = [proof.snapshot_at for proof in proofs if proof.proven_at <= until]

    points = proven_ages(proofs, since=NOON, until=until)

    assert points[-1] == AgePoint(until, until - max(known) if known else None)
    assert [point.at for point in points] == sorted(point.at for point in points)
    assert points[0].at == NOON


@pytest.mark.parametrize(("share", "expected"), [(0.5, 2.0), (0.95, 4.0), (1.0, 4.0), (0.01, 1.0)])
def test_a_quantile_is_a_value_that_was_measured(share: float, expected: float) -> None:
    assert quantile([3.0, 1.0, 4.0, 2.0], share) == expected


def test_a_quantile_of_nothing_is_none() -> None:
    assert quantile([], 0.5) is None


def growing(count: int = 6) -> list[Measured]:
    """A database that grows by a GB a day and takes ten seconds for each."""
    return [Measured(NOON - DAY * back, (100 - back) * 10**9, (100 - back) * 10.0) for back in reversed(range(count))]


def test_the_forecast_goes_on_as_it_went() -> None:
    later = forecast(growing(), objective=timedelta(seconds=1500), now=NOON)

    assert later is not None
    assert later.size_bytes == pytest.approx(190 * 10**9, rel=1e-6)
    assert later.rto_seconds == pytest.approx(1900)
    assert later.reaches_objective_at is not None
    assert abs(later.reaches_objective_at - (NOON + 50 * DAY)) < timedelta(minutes=1)


@pytest.mark.parametrize("measured", [[], growing(4), [growing()[0]] * 6])
def test_too_little_gives_no_forecast(measured: list[Measured]) -> None:
    assert forecast(measured, objective=HOUR, now=NOON) is None


def usual(count: int = 8) -> list[Sized]:
    return [Sized(NOON - DAY * back, 200 + back, 1000 + 5 * back, 500 + back) for back in reversed(range(1, count + 1))]


@pytest.mark.parametrize(
    ("newest", "figures"),
    [
        (Sized(NOON, 200, 1000, 500), []),
        (Sized(NOON, 30, 150, 500), ["database_size_bytes"]),
        (Sized(NOON, 200, 1000, 20), ["rows"]),
        (Sized(NOON, 990, 1000, 500), ["ratio"]),
    ],
)
def test_what_is_unlike_the_ones_before_is_named(newest: Sized, figures: list[str]) -> None:
    assert [one.figure for one in anomalies([*usual(), newest])] == figures


def test_few_backups_are_never_unusual() -> None:
    assert anomalies([*usual(4), Sized(NOON, 1, 1, 1)]) == []
    assert anomalies([]) == []


@pytest.fixture
def history(database: Database) -> Database:
    """A backup a day for ten days; every second one proven; the last drill failed."""
    storage = Storage.objects.create(name="priced", gigabyte_month_cost=Decimal("0.02"))
    for back in reversed(range(1, 11)):
        at = now() - DAY * back
        run = BackupRun.objects.create(
            database=database, status=RunStatus.SUCCEEDED, queued_at=at, started_at=at, finished_at=at
        )
        backup = Backup.objects.create(
            database=database, run=run, storage_key=f"shop/{back}", sha256="0" * 64, manifest_sha256="0" * 64,
            size_bytes=5 * 10**9, content_bytes=9 * 10**9, database_size_bytes=(30 - back) * 10**9, tables=3,
            rows=1000 - back, server_version="16.1", snapshot_at=at, finished_at=at, fingerprint={},
        )  # fmt: skip
        BackupCopy.objects.create(backup=backup, storage=storage, stored_at=at)
        if back % 2:
            DrillRun.objects.create(
                database=database, backup=backup, status=RunStatus.SUCCEEDED, started_at=at, finished_at=at + HOUR,
                verdict="proven" if back > 1 else "failed",
                findings=[] if back > 1 else [{"id": "x", "message": "Bad."}],
                rto_seconds=100.0 - back, rpo_seconds=1.0, size_bytes=(30 - back) * 10**9,
                stages=[["fetch", 10.0], ["restore", 90.0 - back]],
            )  # fmt: skip
    return database


def test_the_figures_of_a_database(history: Database) -> None:
    figures = watch(history, at=now())

    assert figures.proven_age is not None
    assert round(figures.proven_age / DAY) == 3
    assert figures.is_point_missed
    assert (figures.failed_drills, figures.failed_backups, figures.unproven) == (1, 0, 6)
    assert (figures.rto_p50, figures.rto_p95) == (timedelta(seconds=95), timedelta(seconds=99))
    assert figures.forecast is not None
    assert figures.stored_bytes == 50 * 10**9
    assert figures.month_cost == Decimal("1.00")


def test_the_ages_begin_with_the_first_backup_and_cover_thirty_days_at_most(history: Database) -> None:
    at = now()
    first = history.backupruns.earliest("queued_at").queued_at
    assert watch(history, at=at).ages[0].at == first
    assert watch(history, at=at + 60 * DAY).ages[0].at == at + 30 * DAY


def test_the_page_of_a_database_begins_with_them(client: Client, olga: object, history: Database) -> None:
    client.force_login(olga)
    page = client.get(reverse("admin:backups_database_change", args=[history.pk])).content.decode()

    assert "The last drill proved nothing." in page
    assert "Age of the newest proven backup" in page
    assert "1.00 a month" in page
    assert page.count('<g class="bars">') == 5


def test_a_database_without_backups_says_so(client: Client, olga: object, database: Database) -> None:
    client.force_login(olga)
    page = client.get(reverse("admin:backups_database_change", args=[database.pk])).content.decode()

    assert "No stored backup was restored and found equal." in page
    assert "no backup yet" in page
    assert "Age of the newest proven backup" not in page
    assert "Measured recoveries" not in page


def test_the_owners_are_told_once_and_again_when_it_is_over(history: Database, olga: User) -> None:
    at = now()
    assert announce_alerts(at=at) == 2
    assert announce_alerts(at=at + HOUR) == 0
    subjects = sorted(Notice.objects.filter(recipient=olga).values_list("subject", flat=True))
    assert subjects == ["shop: 3 days would be lost now", "shop: the drill refuted the backup"]

    newest = history.backups.newest_first().first()
    DrillRun.objects.create(
        database=history, backup=newest, status=RunStatus.SUCCEEDED, started_at=at, finished_at=at + HOUR,
        verdict="proven", rto_seconds=90.0, rpo_seconds=1.0, size_bytes=10**9,
    )  # fmt: skip
    Database.objects.update(rpo_objective=2 * DAY)
    assert announce_alerts(at=at + HOUR) == 1
    assert announce_alerts(at=at + 2 * HOUR) == 0
    assert Notice.objects.order_by("-pk")[0].subject == "shop is within its objective again"


def test_another_source_than_before_is_told_once_and_kept_in_the_trail(database: Database, olga: User) -> None:
    for _ in range(2):
        services.carry_out_backup(run=services.queue_backup(database=database))
        # As if the address had led to another server until now.
        first = Backup.objects.earliest("pk")
        first.fingerprint["identity"]["system_identifier"] = "1"
        first.save(update_fields=["fingerprint"])

    assert AuditEvent.objects.filter(action="backup.source_changed").count() == 1
    announce_alerts(at=now())
    announce_alerts(at=now())
    notice = Notice.objects.get(recipient=olga, key__startswith="source:")
    assert notice.subject == "shop: the source is another one than before"
    assert "of another server than the one before it" in notice.text
    assert "Check the connection URL" in notice.text
    services.carry_out_backup(run=services.queue_backup(database=database))
    announce_alerts(at=now())
    assert Notice.objects.filter(key__startswith="source:").count() == 1


def test_failures_in_a_row_are_told(database: Database) -> None:
    for back in (3, 2, 1):
        at = now() - HOUR * back
        BackupRun.objects.create(database=database, status=RunStatus.FAILED, started_at=at, finished_at=at)

    assert [alert.subject for alert in find_alerts(watch(database, at=now()))] == [
        "shop: everything would be lost now",
        "shop: the last 3 backups failed",
    ]


def test_objectives_are_proven_by_what_drills_measured(history: Database) -> None:
    context = Context(environment=history.environment, now=now())
    point, time = RecoveryPoint().collect(context, {}), RecoveryTime().collect(context, {})

    assert (point.facts["beyond_objective"], round(point.facts["proven_age_seconds"] / 86400)) == (1, 3)
    assert point.observed_at == context.now
    assert judge(point.facts, RecoveryPoint.default_rule).verdict is Verdict.FAILING
    assert (time.facts["rto_p95_seconds"], time.facts["rto_seconds"], time.facts["drills"]) == (99.0, 99.0, 5)
    assert judge(time.facts, RecoveryTime.default_rule).verdict is Verdict.PASSING
    Database.objects.update(rpo_objective=4 * DAY, rto_objective=timedelta(seconds=98))
    assert RecoveryPoint().collect(context, {}).facts["beyond_objective"] == 0
    assert RecoveryTime().collect(context, {}).facts["beyond_objective"] == 1


def test_objectives_wait_for_a_first_proof(database: Database) -> None:
    for verifier in (RecoveryPoint(), RecoveryTime()):
        with pytest.raises(NothingYet):
            verifier.collect(Context(environment=database.environment, now=now()), {})
