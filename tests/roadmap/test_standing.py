import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.evidence.freshness import EvidenceState
from apps.roadmap.engines.standing import Standing, milestone_standing, standing, worst_standing
from apps.roadmap.models import Claim

TABLE = """
claim           unbound         pending         passing          failing         error    stale
done            unverified      unverified      verified         contradicted    unknown  decayed
in_progress     open            open            met_not_claimed  failing         unknown  open
todo            open            open            met_not_claimed  failing         unknown  open
unknown         open            open            met_not_claimed  failing         unknown  open
not_applicable  not_applicable  not_applicable  not_applicable   not_applicable  not_applicable  not_applicable
"""
HEADER, *ROWS = [line.split() for line in TABLE.strip().splitlines()]
CELLS = [(row[0], state, cell) for row in ROWS for state, cell in zip(HEADER[1:], row[1:], strict=True)]


@pytest.mark.parametrize(("claim", "evidence", "expected"), CELLS)
def test_it_follows_the_table(claim, evidence, expected):
    assert standing(claim, EvidenceState(evidence)) == expected


def test_the_table_holds_every_claim_and_every_state():
    assert {claim for claim, _, _ in CELLS} == set(Claim.values)
    assert {state for _, state, _ in CELLS} == set(EvidenceState)


@given(st.sampled_from(Claim.values), st.sampled_from(EvidenceState), st.booleans())
def test_only_a_claim_with_passing_evidence_is_ever_verified(claim, evidence, is_waived):
    is_verified = standing(claim, evidence, is_waived=is_waived) is Standing.VERIFIED
    assert is_verified == (claim == "done" and evidence is EvidenceState.PASSING)


def test_a_waiver_covers_what_is_not_proven():
    assert standing("done", EvidenceState.FAILING, is_waived=True) is Standing.WAIVED
    assert standing("not_applicable", EvidenceState.FAILING, is_waived=True) is Standing.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("claim", "required", "has_open_parts", "expected"),
    [
        ("done", ["verified", "verified"], False, "verified"),
        ("done", ["verified", "unverified"], False, "unverified"),
        ("done", ["decayed", "unverified"], False, "decayed"),
        ("done", ["contradicted", "unknown"], False, "contradicted"),
        ("done", ["verified", "not_applicable"], False, "verified"),
        ("done", ["verified", "waived"], False, "waived"),
        ("done", ["verified"], True, "contradicted"),
        ("done", [], False, "unverified"),
        ("done", ["not_applicable"], False, "unverified"),
        ("in_progress", ["verified"], True, "open"),
        ("in_progress", ["verified", "met_not_claimed"], False, "met_not_claimed"),
        ("todo", ["failing", "verified"], True, "failing"),
        ("todo", [], False, "open"),
        ("not_applicable", ["contradicted"], True, "not_applicable"),
    ],
)
def test_a_milestone_is_as_good_as_its_worst_criterion(claim, required, has_open_parts, expected):
    standings = [Standing(each) for each in required]
    assert milestone_standing(claim, standings, has_open_parts=has_open_parts) == expected


@given(st.lists(st.sampled_from(Standing)), st.booleans())
def test_a_milestone_is_verified_only_when_each_criterion_is(standings, has_open_parts):
    applying = set(standings) - {Standing.NOT_APPLICABLE}
    is_verified = milestone_standing("done", standings, has_open_parts=has_open_parts) is Standing.VERIFIED
    assert is_verified == (applying == {Standing.VERIFIED} and not has_open_parts)


def test_the_worst_of_nothing_is_nothing():
    assert worst_standing([]) is None
