from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.evidence.freshness import EvidenceState, evidence_state, worst_state
from apps.evidence.judge import Judgement, Verdict

SEEN = datetime(2026, 3, 1, 12, tzinfo=UTC)
TTL = timedelta(hours=1)


def state(verdict, at=SEEN, is_error=False, observed_at=SEEN):
    judgement = Judgement(Verdict(verdict)) if verdict else None
    return evidence_state(judgement, observed_at=observed_at, is_error=is_error, ttl=TTL, at=at)


@pytest.mark.parametrize(
    ("verdict", "is_error", "expected"),
    [
        ("passing", False, "passing"),
        ("failing", False, "failing"),
        ("undecided", False, "error"),
        (None, True, "error"),
        ("passing", True, "error"),
        (None, False, "error"),
    ],
)
def test_a_fresh_observation_is_as_it_was_judged(verdict, is_error, expected):
    assert state(verdict, is_error=is_error) == expected


@pytest.mark.parametrize("verdict", ["passing", "failing", "undecided", None])
def test_it_turns_stale_at_the_exact_second_whatever_it_said(verdict):
    assert state(verdict, SEEN + TTL - timedelta(microseconds=1)) != "stale"
    assert state(verdict, SEEN + TTL) == "stale"


def test_without_an_observation_it_is_pending():
    assert state("passing", observed_at=None) is EvidenceState.PENDING


@pytest.mark.parametrize(
    ("states", "worst"),
    [
        (["passing", "failing", "error"], "failing"),
        (["passing", "stale", "pending"], "stale"),
        (["passing", "unbound"], "unbound"),
        (["passing", "passing"], "passing"),
        ([], "unbound"),
    ],
)
def test_several_are_as_good_as_the_worst(states, worst):
    assert worst_state([EvidenceState(each) for each in states]) == worst


@given(st.lists(st.sampled_from(EvidenceState), min_size=1))
def test_all_pass_only_when_each_does(states):
    assert (worst_state(states) is EvidenceState.PASSING) == (set(states) == {EvidenceState.PASSING})
