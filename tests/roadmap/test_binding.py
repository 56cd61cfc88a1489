from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from apps.audit.models import AuditEvent
from apps.roadmap.exceptions import BindingDecided, BindingRefused
from apps.roadmap.models import Binding, Criterion
from apps.roadmap.services.binding import accept_binding, bind, decline_binding, suggest_bindings


@pytest.fixture
def suggestion(recovery, criterion):
    criterion.text = "A sea trial; dashboards that are live."
    criterion.save()
    (binding,) = suggest_bindings(criteria=[criterion])
    return binding


def test_a_suggestion_is_for_the_clause_that_speaks_of_it_and_waits(suggestion, criterion):
    assert (suggestion.verifier_key, suggestion.clause) == ("tests.recovery", "A sea trial")
    assert suggestion.state == "suggested"
    assert list(criterion.bindings.suggested()) == [suggestion]
    assert suggestion.history.count() == 1


def test_suggesting_again_writes_nothing(suggestion, criterion):
    events = AuditEvent.objects.count()
    assert suggest_bindings(criteria=[criterion]) == []
    assert (criterion.bindings.count(), AuditEvent.objects.count()) == (1, events)


def test_a_declined_suggestion_never_comes_back(suggestion, criterion, olga):
    decline_binding(binding=suggestion, actor=olga)
    assert suggest_bindings(criteria=[criterion]) == []
    assert criterion.bindings.get().state == "declined"


def test_a_person_accepts_and_it_is_known_who_and_when(suggestion, olga):
    accept_binding(binding=suggestion, actor=olga)
    suggestion.refresh_from_db()
    assert (suggestion.state, suggestion.decided_by) == ("accepted", olga)
    assert suggestion.decided_at is not None
    event = AuditEvent.objects.first()
    assert (event.action, event.actor, event.details["from"]) == ("binding.accepted", olga, "suggested")
    assert [(row.state, row.history_user) for row in suggestion.history.all()] == [
        ("accepted", olga),
        ("suggested", None),
    ]


def test_two_people_cannot_decide_differently_at_once(suggestion, olga, sam):
    seen_by_sam = Binding.objects.get(pk=suggestion.pk)
    accept_binding(binding=suggestion, actor=olga)
    with pytest.raises(BindingDecided, match="is accepted already"):
        decline_binding(binding=seen_by_sam, actor=sam)
    assert Binding.objects.get(pk=suggestion.pk).decided_by == olga


def test_deciding_the_same_again_is_refused(suggestion, olga):
    accept_binding(binding=suggestion, actor=olga)
    with pytest.raises(BindingDecided):
        accept_binding(binding=suggestion, actor=olga)


def test_a_person_may_change_their_mind(suggestion, olga):
    accept_binding(binding=suggestion, actor=olga)
    decline_binding(binding=suggestion, actor=olga)
    accept_binding(binding=suggestion, actor=olga)
    assert Binding.objects.get(pk=suggestion.pk).is_accepted


def test_a_binding_by_hand_counts_at_once(recovery, criterion, olga):
    rule = {"fact": "rto_seconds", "operator": "<", "value": 60}
    binding = bind(criterion=criterion, verifier_key="tests.recovery", rule=rule, ttl=timedelta(days=1), actor=olga)
    assert binding.is_accepted
    assert AuditEvent.objects.first().action == "binding.accepted"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"verifier_key": "tests.nothing"}, "verifier_key: There is no verifier 'tests.nothing'"),
        ({"parameters": {"database": 7}}, "parameters: database: 7 is not of type 'string'."),
        ({"parameters": {"host": "x"}}, "parameters: Additional properties are not allowed"),
        ({"rule": {"fact": "verdict", "operator": "~"}}, "rule: rule.operator must be one of"),
        ({"rule": {"not": {"fact": "speed", "operator": "exists"}}}, "rule: tests.recovery has no fact speed."),
        ({"ttl": timedelta(days=31)}, "ttl: Evidence of tests.recovery counts for 30 days at most."),
        ({"ttl": timedelta(0)}, "ttl: The time to live must be longer than nothing."),
    ],
)
def test_what_the_verifier_cannot_be_asked_is_refused_by_field(recovery, criterion, fields, message):
    with pytest.raises(BindingRefused) as refusal:
        bind(criterion=criterion, **({"verifier_key": "tests.recovery"} | fields))
    assert message in refusal.value.message
    assert not criterion.bindings.exists()


def test_the_same_binding_twice_is_refused_in_a_sentence(recovery, criterion):
    bind(criterion=criterion, verifier_key="tests.recovery")
    with pytest.raises(BindingRefused, match="The criterion is bound to this check already"):
        bind(criterion=criterion, verifier_key="tests.recovery")


def test_the_database_refuses_a_decision_without_its_instant(recovery, criterion):
    with pytest.raises(IntegrityError, match="roadmap_binding_decided_at"), transaction.atomic():
        Binding.objects.create(criterion=criterion, verifier_key="tests.recovery", state="accepted")


def test_the_number_of_queries_of_suggesting_does_not_grow(recovery, service, django_assert_max_num_queries):
    criteria = [Criterion.objects.create(service=service, text=f"Sea trial {number}") for number in range(12)]
    with django_assert_max_num_queries(12):
        assert len(suggest_bindings(criteria=criteria)) == 12


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (None, "Verdict must be proven."),
        ({"fact": "verdict", "operator": "==", "value": "proven"}, "Verdict must be proven."),
        ({"fact": "verdict"}, "rule.operator must be one of"),
    ],
)
def test_a_binding_says_what_it_asks(recovery, rule, words):
    assert Binding(verifier_key="tests.recovery", rule=rule).asks.startswith(words)


def test_a_binding_says_what_it_was_told_to_look_at(recovery):
    assert Binding(verifier_key="tests.recovery", parameters={"database": "shop"}).asks.endswith(" Database: shop.")


def test_a_binding_to_a_verifier_that_is_gone_says_so():
    assert Binding(verifier_key="tests.gone").asks.startswith("There is no verifier 'tests.gone'.")
