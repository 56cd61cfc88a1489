import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.roadmap.engines.clauses import split_clauses, uncovered_clauses

TWO = "The newest backup restores; the rollback was rehearsed."


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        (TWO, ("The newest backup restores", "the rollback was rehearsed.")),
        ("Dashboards are live.", ("Dashboards are live.",)),
        ("`a; b` passes; done", ("`a; b` passes", "done")),
        ("alerts (page; mail) work", ("alerts (page; mail) work",)),
        ("one; ; .; two;", ("one", "two")),
        ("a ` b; c", ("a ` b", "c")),
        ("", ()),
    ],
)
def test_it_splits_at_semicolons_outside_code_and_brackets(text, clauses):
    assert split_clauses(text) == clauses


@pytest.mark.parametrize(
    ("covered", "left"),
    [
        ([], ("The newest backup restores", "the rollback was rehearsed.")),
        (["the newest  backup RESTORES."], ("the rollback was rehearsed.",)),
        (["The newest backup restores", "the rollback was rehearsed"], ()),
        ([""], ()),
        ([TWO], ()),
        (["Something else"], ("The newest backup restores", "the rollback was rehearsed.")),
    ],
)
def test_a_clause_is_covered_by_its_own_binding_or_by_one_of_the_whole(covered, left):
    assert uncovered_clauses(TWO, covered) == left


@given(st.text(alphabet="ab;`() .\n", max_size=60))
def test_covering_every_clause_leaves_nothing(text):
    assert uncovered_clauses(text, split_clauses(text)) == ()
