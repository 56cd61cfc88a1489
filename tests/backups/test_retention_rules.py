"""What retention decides: periods, counts, ages, sizes, the floor, and when it decides nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.backups.engines.freezing import History, reason_to_freeze
from apps.backups.engines.retention import PERIODS, Candidate, Decision, Policy, decide

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def candidate(age_days: float, **fields: object) -> Candidate:
    return Candidate(**{"identifier": round(age_days * 100), "snapshot_at": NOW - age_days * DAY, **fields})


def nightly(days: int, **fields: object) -> list[Candidate]:
    return [candidate(age, **fields) for age in range(days)]


def staying(candidates: list[Candidate], policy: Policy, now: datetime = NOW) -> dict[int, tuple[str, ...]]:
    return {one.candidate.identifier: one.kept_by for one in decide(candidates, policy, now=now) if one.stays}


def test_the_newest_of_each_period_stays_with_its_name() -> None:
    kept = staying(nightly(800), Policy(newest=1, periods={"daily": 2, "weekly": 3, "monthly": 2, "yearly": 3}))

    assert kept[0] == (
        "the newest copy",
        "newest 1 of 1",
        "daily 2026-11-20",
        "weekly 2026-W47",
        "monthly 2026-11",
        "yearly 2026",
    )
    assert kept[100] == ("daily 2026-11-19",)
    assert kept[500] == ("weekly 2026-W46",)
    assert kept[2000] == ("monthly 2026-10",)
    assert kept[32400] == ("yearly 2025",)
    assert len(kept) == 7


def test_a_proven_one_stands_for_its_period_before_a_newer_one() -> None:
    backups = [candidate(0), candidate(7), candidate(8, is_proven=True), candidate(9)]
    kept = staying(backups, Policy(newest=1, periods={"weekly": 2}))

    assert kept[800] == ("proven floor", "weekly 2026-W46")
    assert 700 not in kept


def test_periods_are_those_of_utc() -> None:
    late = datetime(2027, 1, 1, 1, 30, tzinfo=UTC).astimezone(tz=None)
    assert PERIODS["yearly"](late.astimezone(UTC)) == "2027"
    assert PERIODS["weekly"](late.astimezone(UTC)) == "2026-W53"


def test_a_window_keeps_the_one_before_it() -> None:
    kept = staying([candidate(age) for age in (0, 5, 9, 15)], Policy(newest=1, within=7 * DAY))

    assert kept[900] == ("the last one before 7 days ago",)
    assert sorted(kept) == [0, 500, 900]


def test_what_was_refuted_counts_nowhere() -> None:
    backups = [candidate(0), candidate(1, is_refuted=True), candidate(2), candidate(3), candidate(4, is_refuted=True)]
    kept = staying(backups, Policy(newest=2))

    assert sorted(kept) == [0, 100, 200]
    assert kept[100] == ("refuted, left to be looked at",)
    gone = {one.candidate.identifier: one.goes_because for one in decide(backups, Policy(newest=2), now=NOW)}
    assert (gone[300], gone[400]) == ("no rule keeps it", "refuted, so it is no copy")


def test_the_size_takes_the_oldest_but_never_the_floor() -> None:
    backups = nightly(10, size_bytes=100)
    backups[9] = replace(backups[9], is_proven=True)
    decisions = decide(backups, Policy(newest=10, largest_size_bytes=450), now=NOW)

    assert [one.candidate.identifier for one in decisions if one.stays] == [0, 100, 200, 900]
    assert decisions[5].goes_because == "all together are larger than 450 B"


def test_what_is_held_stays_until_its_hold_ends() -> None:
    backups = [candidate(0), candidate(9, held_until=NOW + DAY, hold_reason="the auditors ask")]

    assert staying(backups, Policy())[900] == ("held until 2026-11-21 12:00: the auditors ask",)
    assert 900 not in staying(backups, Policy(), now=NOW + DAY)


policies = st.builds(
    Policy,
    newest=st.integers(1, 6),
    periods=st.dictionaries(st.sampled_from(list(PERIODS)), st.integers(0, 5)),
    within=st.none() | st.integers(0, 60).map(lambda days: days * DAY),
    largest_size_bytes=st.none() | st.integers(0, 2000),
    proven_floor=st.integers(1, 4),
)
backups = st.lists(
    st.builds(
        lambda age, proof, **fields: candidate(
            0, snapshot_at=NOW - timedelta(hours=age), is_proven=proof == "p", is_refuted=proof == "r", **fields
        ),
        age=st.integers(-50, 9000),
        proof=st.sampled_from("pru"),
        size_bytes=st.integers(0, 300),
        is_in_use=st.booleans(),
        held_until=st.none() | st.just(NOW + DAY),
    ),
    max_size=40,
).map(lambda rows: [replace(row, identifier=number) for number, row in enumerate(rows)])


def remaining(decisions: list[Decision]) -> list[Candidate]:
    return [one.candidate for one in decisions if one.stays]


@given(candidates=backups, policy=policies)
def test_the_floor_and_the_newest_copy_always_stay(candidates: list[Candidate], policy: Policy) -> None:
    kept = {one.identifier for one in remaining(decide(candidates, policy, now=NOW))}
    newest_first = sorted(candidates, key=lambda one: (one.snapshot_at, one.identifier), reverse=True)

    proven = [one.identifier for one in newest_first if one.is_proven]
    copies = [one.identifier for one in newest_first if not one.is_refuted]
    assert kept >= set(proven[: policy.proven_floor])
    assert kept >= set(copies[:1])
    assert kept >= {one.identifier for one in candidates if one.is_in_use or one.held_until or one.snapshot_at > NOW}


@given(candidates=backups, policy=policies)
def test_deciding_again_lets_nothing_more_go(candidates: list[Candidate], policy: Policy) -> None:
    kept = remaining(decide(candidates, policy, now=NOW))

    assert remaining(decide(kept, policy, now=NOW)) == kept


@given(candidates=backups, policy=policies, more=st.integers(1, 3))
def test_a_more_generous_policy_lets_no_more_go(candidates: list[Candidate], policy: Policy, more: int) -> None:
    policy = replace(policy, largest_size_bytes=None)
    generous = replace(
        policy,
        newest=policy.newest + more,
        periods={name: policy.periods.get(name, 0) + more for name in PERIODS},
        proven_floor=policy.proven_floor + more,
    )
    good = {one.identifier for one in remaining(decide(candidates, policy, now=NOW)) if not one.is_refuted}

    assert good <= {one.identifier for one in remaining(decide(candidates, generous, now=NOW))}


WELL = History([True] * 9, [True] * 9, NOW - DAY, [NOW - number * DAY for number in range(9)], 3 * DAY)


def test_nothing_freezes_while_all_is_well() -> None:
    assert reason_to_freeze(WELL, now=NOW) == ""


@pytest.mark.parametrize(
    ("history", "words"),
    [
        (replace(WELL, drills_proven=[False, False, True]), "The last 2 drills proved nothing"),
        (replace(WELL, backups_succeeded=[False] * 3), "The last 3 backups failed"),
        (replace(WELL, proven_at=None), "No backup has been proven yet"),
        (replace(WELL, proven_at=NOW - 4 * DAY), "No backup since 16 Nov 2026"),
        (replace(WELL, snapshots_at=[NOW + DAY, NOW]), "ahead of the clock"),
        (replace(WELL, snapshots_at=[NOW, NOW - DAY, NOW - 300 * DAY]), "the clock jumped"),
    ],
)
def test_what_is_doubtful_freezes_with_its_reason(history: History, words: str) -> None:
    assert words in reason_to_freeze(history, now=NOW)


def test_one_bad_day_freezes_nothing() -> None:
    bad = replace(WELL, drills_proven=[False, True], backups_succeeded=[False, False, True])
    assert reason_to_freeze(bad, now=NOW) == ""


@given(jump_days=st.integers(4, 4000))
def test_a_clock_that_jumps_ahead_freezes(jump_days: int) -> None:
    assert reason_to_freeze(WELL, now=NOW + jump_days * DAY) != ""


@given(jump_days=st.integers(1, 4000))
def test_a_clock_that_is_set_back_freezes(jump_days: int) -> None:
    assert "ahead of the clock" in reason_to_freeze(WELL, now=NOW - jump_days * DAY)
