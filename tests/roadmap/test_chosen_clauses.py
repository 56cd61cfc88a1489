"""A criterion that says two things is split by a person, and each clause is proven on its own."""

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from apps.audit.models import AuditEvent
from apps.roadmap.engines.chosen_clauses import check_clauses, clauses_of, fits, is_clause_of
from apps.roadmap.exceptions import BindingDecided, BindingRefused, ClausesRefused, CriterionChanged
from apps.roadmap.models import Binding
from apps.roadmap.selectors.readiness import readiness
from apps.roadmap.selectors.statuses import FlagKind
from apps.roadmap.services.binding import bind as bind_now
from apps.roadmap.services.binding import confirm_binding, suggest_bindings
from apps.roadmap.services.clauses import accept_for_clause, choose_clauses
from tests.roadmap.evidence import MINUTE, NOW, bind, observe

TEXT = "Backups are restored weekly and alerts reach the pager in 5 minutes"
HALVES = ["Backups are restored weekly", "alerts reach the pager in 5 minutes"]


@pytest.fixture
def compound(criterion):
    criterion.text = TEXT
    criterion.save()
    return criterion


def status_of(environment):
    return readiness(environment=environment, at=NOW).criteria[0]


def flags_of(environment):
    known = readiness(environment=environment, at=NOW)
    return [flag.sentence for flag in known.flags if flag.kind is FlagKind.WORDS_CHANGED]


@pytest.mark.parametrize(
    ("clauses", "words"),
    [
        (["Backups are restored weekly"], "No clause says “alerts reach the pager in 5 minutes”"),
        ([*HALVES, HALVES[0]], "Two clauses are the same"),
        (["Backups are tested weekly", HALVES[1]], "“Backups are tested weekly” is not in the criterion"),
        (["restored Backups are weekly", HALVES[1]], "not in that order"),
        ([HALVES[0], " ; "], "A clause is empty"),
    ],
)
def test_clauses_say_what_the_criterion_says(clauses, words):
    with pytest.raises(ClausesRefused, match=words):
        check_clauses(TEXT, clauses)


def test_clauses_may_share_words_and_leave_out_what_joins():
    check_clauses("Unit and integration tests pass", ["Unit tests pass", "integration tests pass"])
    check_clauses(TEXT, HALVES)
    check_clauses(TEXT, [TEXT])


def test_a_split_that_no_longer_fits_leaves_it_to_the_semicolons():
    assert clauses_of(TEXT, HALVES) == tuple(HALVES)
    assert clauses_of("Backups are restored daily; alerts fire", HALVES) == (
        "Backups are restored daily",
        "alerts fire",
    )
    assert is_clause_of("backups are restored weekly.", TEXT, HALVES)
    assert not is_clause_of(HALVES[0], TEXT, [])


@given(st.lists(st.sampled_from(["alpha", "beta", "gamma", "and", "5", "%"]), min_size=1), st.data())
def test_cutting_a_text_anywhere_fits_and_leaving_a_piece_out_does_not(words, data):
    text = " ".join(words)
    cut = data.draw(st.integers(0, len(words)))
    pieces = [piece for piece in (" ".join(words[:cut]), " ".join(words[cut:])) if piece]
    different = len({*pieces}) == len(pieces)
    assert fits(text, pieces) is different
    assert not fits(text, [f"{text} delta"])


def test_each_chosen_clause_needs_a_proof_of_its_own(environment, recovery, compound, olga):
    choose_clauses(criterion=compound, clauses=HALVES, actor=olga)
    observe(environment, NOW - MINUTE)
    binding = bind(compound, HALVES[0])
    assert status_of(environment).uncovered == (HALVES[1],)
    assert not status_of(environment).is_proven

    bind(compound, HALVES[1], verifier_key="tests.recovery", parameters={})
    assert status_of(environment).is_proven
    assert AuditEvent.objects.get(action="criterion.split").details == {"clauses": HALVES}
    assert compound.history.first().clauses == HALVES

    choose_clauses(criterion=compound, clauses=[], actor=olga)
    assert status_of(environment).uncovered == (TEXT,)
    assert str(binding.verifier_key) in flags_of(environment)[0]


def test_a_split_of_other_words_is_refused(compound):
    compound.text = HALVES[0]
    with pytest.raises(CriterionChanged):
        choose_clauses(criterion=compound, clauses=[HALVES[0]])
    compound.refresh_from_db()
    assert compound.clauses == []


def test_a_check_is_bound_only_to_a_clause_that_there_is(recovery, compound):
    with pytest.raises(BindingRefused, match="no such clause"):
        bind_now(criterion=compound, verifier_key=recovery.key, clause=HALVES[0])
    choose_clauses(criterion=compound, clauses=HALVES)
    assert bind_now(criterion=compound, verifier_key=recovery.key, clause=HALVES[0]).is_accepted


def test_a_suggested_check_is_accepted_for_the_half_that_it_proves(environment, recovery, compound, olga):
    binding = bind(compound, state="suggested", decided_at=None)
    accept_for_clause(binding=binding, clause=HALVES[0], actor=olga)

    compound.refresh_from_db()
    assert compound.clauses == HALVES
    assert (binding.state, binding.clause, binding.decided_by) == ("accepted", HALVES[0], olga)
    assert status_of(environment).uncovered == (HALVES[1],)
    (suggested,) = suggest_bindings(criteria=[compound])
    assert (suggested.verifier_key, suggested.clause) == ("backups.restore_drill", HALVES[0])

    with pytest.raises(BindingRefused, match="no such clause"):
        accept_for_clause(binding=binding, clause="Backups", actor=olga)


def test_words_that_changed_since_a_check_was_accepted_need_a_decision(environment, recovery, criterion, olga):
    binding = bind_now(criterion=criterion, verifier_key=recovery.key, actor=olga, at=NOW)
    assert flags_of(environment) == []
    criterion.text = criterion.text.upper() + "!"
    criterion.save()
    assert flags_of(environment) == []

    criterion.text = "A sea trial in less than 1 hour"
    criterion.save()
    (sentence,) = flags_of(environment)
    assert "said “A sea trial; a rehearsed rollback” when tests.recovery was accepted" in sentence

    binding.refresh_from_db()
    confirm_binding(binding=binding, actor=olga)
    assert flags_of(environment) == []
    assert AuditEvent.objects.get(action="binding.confirmed").details["words"] == criterion.text


def test_a_check_whose_clause_vanished_needs_a_decision_and_cannot_be_confirmed(environment, recovery, criterion):
    binding = bind_now(criterion=criterion, verifier_key=recovery.key, clause="A sea trial", at=NOW)
    bind_now(criterion=criterion, verifier_key=recovery.key, clause="a rehearsed rollback.", at=NOW)
    observe(environment, NOW - MINUTE)
    assert status_of(environment).is_proven

    criterion.text = "A harbour trial; a rehearsed rollback."
    criterion.save()
    assert status_of(environment).uncovered == ("A harbour trial",)
    assert "no longer says “A sea trial”, which tests.recovery proves" in flags_of(environment)[0]
    binding.refresh_from_db()
    with pytest.raises(BindingRefused, match="no such clause"):
        confirm_binding(binding=binding)


def test_only_what_is_accepted_is_confirmed(recovery, criterion):
    with pytest.raises(BindingDecided):
        confirm_binding(binding=bind(criterion, state="suggested", decided_at=None))


def page_of(criterion):
    return reverse("admin:roadmap_criterion_evidence", args=[criterion.pk])


def test_the_page_proposes_a_split_and_takes_one(client, olga, environment, recovery, compound):
    client.force_login(olga)
    page = client.get(page_of(compound))
    assert page.context["proposed"] == tuple(HALVES)
    assert "Prove each on its own" in page.content.decode()

    client.post(page_of(compound), {"decision": "split", "text": TEXT, "clauses": "\r\n".join(HALVES)})
    compound.refresh_from_db()
    assert compound.clauses == HALVES
    refused = client.post(page_of(compound), {"decision": "split", "text": TEXT, "clauses": "Backups"}, follow=True)
    assert "No clause says" in refused.content.decode()
    changed = client.post(page_of(compound), {"decision": "split", "text": "x", "clauses": "x"}, follow=True)
    assert "changed meanwhile" in changed.content.decode()


def test_the_page_offers_to_accept_for_a_part_and_to_confirm(client, olga, environment, recovery, compound):
    client.force_login(olga)
    binding = bind(compound, state="suggested", decided_at=None)
    assert "It proves only a part" in client.get(page_of(compound)).content.decode()
    client.post(page_of(compound), {"decision": "narrow", "binding": binding.pk, "clause": HALVES[1]})
    binding.refresh_from_db()
    assert (binding.state, binding.clause) == ("accepted", HALVES[1])

    whole = bind(compound, parameters={"database": "orders"}, decided_words="Something else")
    assert "It still proves it" in client.get(page_of(compound)).content.decode()
    client.post(page_of(compound), {"decision": "confirm", "binding": whole.pk})
    whole.refresh_from_db()
    assert whole.decided_words == TEXT


@pytest.mark.parametrize(("role", "code"), [("viewer", 403), ("operator", 403), ("editor", 302), ("approver", 302)])
def test_who_may_split(client, sam, recovery, compound, role, code):
    sam.groups.add(Group.objects.get(name=role))
    client.force_login(sam)
    posted = {"decision": "split", "text": TEXT, "clauses": "\n".join(HALVES)}
    assert client.post(page_of(compound), posted).status_code == code
    assert Binding.objects.count() == 0


def test_the_check_is_held_before_the_audit_trail(recovery, compound, olga):
    binding = bind(compound)
    with CaptureQueriesContext(connection) as captured:
        accept_for_clause(binding=binding, clause=HALVES[0], actor=olga)

    statements = [query["sql"] for query in captured.captured_queries]
    held = next(at for at, sql in enumerate(statements) if "FOR UPDATE" in sql and "roadmap_binding" in sql)
    assert held < next(at for at, sql in enumerate(statements) if "pg_advisory_xact_lock" in sql)
