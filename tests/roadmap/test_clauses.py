import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.roadmap.engines.clauses import propose_clauses, split_clauses, uncovered_clauses

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


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("RTO < 30 min and RPO < 5 min", ("RTO < 30 min", "RPO < 5 min")),
        ("p95 < 200 ms, error rate < 1%, and uptime > 99.9%", ("p95 < 200 ms", "error rate < 1%", "uptime > 99.9%")),
        ("Alerts reach the on-call, and the runbook is linked", ("Alerts reach the on-call", "the runbook is linked")),
        ("Backups are encrypted. Restores are drilled.", ("Backups are encrypted", "Restores are drilled.")),
        ("Sicherungen sind verschlüsselt und das Protokoll wird geprüft",
         ("Sicherungen sind verschlüsselt", "das Protokoll wird geprüft")),
        ("Dashboards are live; p95 < 2 s and errors < 1%", ("Dashboards are live", "p95 < 2 s", "errors < 1%")),
    ],
)  # fmt: skip
def test_a_finer_split_is_proposed_with_less_confidence(text, clauses):
    split = propose_clauses(text)

    assert split.clauses == clauses
    assert 0.4 < split.confidence < 1


@pytest.mark.parametrize(
    "text",
    [
        "Logs and metrics are shipped",
        "Backups automated and tested",
        "`a and b` works (e.g. x is up and y is up)",
        "Green CI on main, including lint and format",
        "Approved by Dr. Meier and the board",
        TWO,
    ],
)
def test_what_does_not_stand_alone_is_not_split_off(text):
    assert propose_clauses(text).clauses == split_clauses(text)
    assert propose_clauses(text).confidence == 1


def test_the_clauses_a_person_chose_are_those_to_cover():
    text = "RTO < 30 min and RPO < 5 min"

    assert uncovered_clauses(text, ["RTO < 30 min"], chosen=propose_clauses(text).clauses) == ("RPO < 5 min",)


@given(st.text(alphabet="ab;`(),. \n5<%isand", max_size=80))
def test_the_proposed_clauses_stand_in_the_text_one_after_the_other(text):
    position = 0
    for clause in propose_clauses(text).clauses:
        assert clause
        position = text.index(clause, position) + len(clause)
