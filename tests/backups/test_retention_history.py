"""Retention over long histories: backups, failures, verdicts, holds and clocks in any order."""

from datetime import timedelta
from pathlib import Path

from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.backups.models import Backup, BackupRun, Database, DrillRun, DrillVerdict, Plan
from apps.backups.services.holding import hold_backup, release_backup
from apps.backups.services.plans import plan_of
from apps.backups.services.removing import prune
from apps.backups.services.storing import backup_storage
from apps.common.runs import RunStatus
from tests.backups.keeping import DAY, HOUR, NOW, make_backup
from tests.thoroughness import inputs

events = st.one_of(
    st.tuples(st.just("backup"), st.sampled_from(["", DrillVerdict.PROVEN, DrillVerdict.PROVEN, DrillVerdict.FAILED])),
    st.tuples(st.just("fail"), st.just("")),
    st.tuples(st.just("drill"), st.sampled_from([DrillVerdict.PROVEN, DrillVerdict.FAILED])),
    st.tuples(st.just("hold"), st.integers(0, 3)),
    st.tuples(st.just("release"), st.integers(0, 3)),
    st.tuples(st.just("wait"), st.integers(1, 60)),
    st.tuples(st.just("clock"), st.sampled_from([-400, -1, 1, 30, 4000])),
)
plans = st.fixed_dictionaries(
    {
        "keep_newest": st.integers(1, 3),
        "keep_daily": st.integers(0, 3),
        "keep_weekly": st.integers(0, 2),
        "proven_floor": st.integers(1, 3),
        "largest_size_bytes": st.none() | st.integers(0, 500),
    }
)


class Story:
    """One database's life. After every event retention works, and must not have done harm."""

    def __init__(self, database: Database) -> None:
        self.database, self.at = database, NOW

    def happen(self, kind: str, argument: object) -> None:
        getattr(self, kind)(argument)
        self.at += 6 * HOUR
        before = self.stored()
        prune(database=self.database, at=self.at)
        self.require_no_harm(before)

    def backup(self, verdict: str) -> None:
        make_backup(self.database, self.at, verdict=verdict)

    def fail(self, _: object) -> None:
        ended = {"queued_at": self.at, "finished_at": self.at, "error": "No."}
        BackupRun.objects.create(database=self.database, status=RunStatus.FAILED, **ended)

    def drill(self, verdict: str) -> None:
        newest = self.database.backups.stored().newest_first().first()
        if newest is not None:
            drilled = {"verdict": verdict, "rto_seconds": 1.0, "finished_at": self.at, "backup": newest}
            DrillRun.objects.create(database=self.database, status=RunStatus.SUCCEEDED, **drilled)

    def hold(self, number: int) -> None:
        for backup in self.stored()[number : number + 1]:
            hold_backup(backup=backup, until=self.at + 5 * DAY, reason="why", at=self.at)

    def release(self, number: int) -> None:
        for backup in self.stored()[number : number + 1]:
            release_backup(backup=backup)

    def wait(self, hours: int) -> None:
        self.at += hours * HOUR

    def clock(self, days: int) -> None:
        self.at += days * DAY

    def stored(self) -> list[Backup]:
        return list(self.database.backups.stored().newest_first())

    def require_no_harm(self, before: list[Backup]) -> None:
        plan = plan_of(self.database)
        after = {backup.pk for backup in self.stored()}
        verdicts = dict(Backup.objects.with_newest_verdict().values_list("pk", "drilled_as"))
        proven = [backup.pk for backup in before if verdicts[backup.pk] == DrillVerdict.PROVEN]
        copies = [backup.pk for backup in before if verdicts[backup.pk] != DrillVerdict.FAILED]
        assert after >= set(proven[: plan.proven_floor])
        assert after >= set(copies[:1])
        assert after >= {backup.pk for backup in before if backup.held_until and backup.held_until > self.at}
        gone = Backup.objects.filter(removed_at__isnull=False)
        assert all(one.removal_began_at - one.removal_asked_at >= plan.removal_grace for one in gone)
        folder = backup_storage().folder
        assert {backup.pk for backup in self.stored() if (folder / backup.storage_key).exists()} == after
        assert not any((folder / one.storage_key).exists() for one in gone)


@settings(max_examples=inputs(60))
@given(plan=plans, story=st.lists(events, min_size=5, max_size=25))
def test_no_story_ends_below_the_floor(
    ledger: Database, tmp_path: Path, plan: dict[str, object], story: list[tuple[str, object]]
) -> None:
    with transaction.atomic():
        Plan.objects.filter(database=ledger).update(**plan)
        life = Story(ledger)
        for kind, argument in story:
            life.happen(kind, argument)
        transaction.set_rollback(True)


def test_a_clock_a_year_ahead_removes_nothing_by_itself(ledger: Database) -> None:
    for number in range(9):
        make_backup(ledger, NOW - number * DAY, verdict=DrillVerdict.PROVEN)
    Plan.objects.update(keep_within=3 * DAY, keep_newest=1)

    for hours in (0, 1, 48):
        prune(database=ledger, at=NOW + timedelta(days=365, hours=hours))

    assert ledger.backups.stored().count() == 9
    assert "has been proven" in plan_of(ledger).frozen_because


def test_backups_under_a_clock_a_year_ahead_do_not_push_out_the_real_ones(ledger: Database) -> None:
    for number in range(9):
        make_backup(ledger, NOW - number * DAY, verdict=DrillVerdict.PROVEN)
    Plan.objects.update(keep_within=3 * DAY, keep_newest=1)
    ahead = NOW + 365 * DAY
    make_backup(ledger, ahead, verdict=DrillVerdict.PROVEN)

    prune(database=ledger, at=ahead + HOUR)
    prune(database=ledger, at=ahead + 2 * DAY)

    assert ledger.backups.stored().count() == 10
    assert "the clock jumped" in plan_of(ledger).frozen_because
