import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from apps.audit.models import AuditEvent
from apps.roadmap.models import Binding
from apps.roadmap.services.binding import suggest_bindings
from tests.roadmap.evidence import DAY, NOW, bind, observe

LIST = reverse("admin:roadmap_binding_changelist")
ADD = reverse("admin:roadmap_binding_add")


@pytest.fixture
def suggestion(recovery, criterion):
    suggest_bindings(criteria=[criterion])
    criterion.bindings.exclude(verifier_key="tests.recovery").delete()  # those of the other clause
    return criterion.bindings.get()


@pytest.fixture
def as_olga(client, olga):
    client.force_login(olga)
    return client


@pytest.fixture
def as_editor(client, sam):
    sam.groups.add(Group.objects.get(name="editor"))
    client.force_login(sam)
    return client


def page_of(criterion):
    return reverse("admin:roadmap_criterion_evidence", args=[criterion.pk])


def filled(criterion, **fields):
    values = {"criterion": criterion.pk, "verifier_key": "tests.recovery", "clause": "", "parameters": "{}"}
    return values | {"rule": "", "ttl": ""} | fields


def test_suggestions_come_first(as_olga, suggestion, criterion):
    bind(criterion)
    rows = as_olga.get(LIST).context["cl"].result_list
    assert [row.state for row in rows] == ["suggested", "accepted"]


@pytest.mark.parametrize(("action", "state"), [("accept", "accepted"), ("decline", "declined")])
def test_several_can_be_decided_at_once(as_olga, olga, suggestion, action, state):
    as_olga.post(LIST, {"action": action, "_selected_action": [suggestion.pk]})
    suggestion.refresh_from_db()
    assert (suggestion.state, suggestion.decided_by) == (state, olga)
    assert AuditEvent.objects.first().action == f"binding.{state}"


def test_an_editor_may_bind_but_not_accept(as_editor, recovery, criterion):
    response = as_editor.post(ADD, filled(criterion), follow=True)
    assert response.status_code == 200
    binding = Binding.objects.get()
    assert binding.state == "suggested"
    assert "accept" not in dict(as_editor.get(LIST).context["action_form"].fields["action"].choices)
    assert as_editor.post(page_of(criterion), {"binding": binding.pk, "decision": "accept"}).status_code == 403
    assert Binding.objects.get().state == "suggested"


def test_a_check_counts_at_once_when_its_author_may_accept_it(as_olga, olga, recovery, criterion):
    as_olga.post(ADD, filled(criterion))
    binding = Binding.objects.get()
    assert (binding.state, binding.decided_by) == ("accepted", olga)


def test_a_check_is_chosen_not_taken_for_granted(as_olga, recovery, criterion):
    form = as_olga.get(ADD, {"criterion": criterion.pk}).context["adminform"].form
    assert form.fields["verifier_key"].choices[0] == ("", "---------")
    assert form["rule"].value() in ("", None)
    response = as_olga.post(ADD, filled(criterion, verifier_key=""))
    assert response.context["adminform"].form.errors["verifier_key"] == ["This field is required."]


def test_a_bound_check_is_shown_at_its_criterion(as_olga, recovery, criterion):
    assert as_olga.post(ADD, filled(criterion)).url == page_of(criterion)


def test_what_an_editor_changes_has_to_be_accepted_again(as_editor, recovery, criterion):
    binding = bind(criterion)
    change = reverse("admin:roadmap_binding_change", args=[binding.pk])
    as_editor.post(change, filled(criterion, rule='{"fact": "verdict", "operator": "exists"}'))
    binding.refresh_from_db()
    assert binding.state == "suggested"
    assert binding.rule == {"fact": "verdict", "operator": "exists"}
    assert binding.history.first().state == "suggested"


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"parameters": '{"database": 7}'}, "parameters", "database: 7 is not of type"),
        ({"parameters": "{"}, "parameters", "Enter a valid JSON."),
        ({"rule": '{"fact": "speed", "operator": "exists"}'}, "rule", "tests.recovery has no fact speed."),
        ({"ttl": "31 00:00:00"}, "ttl", "counts for 30 days at most"),
        ({"verifier_key": "tests.nothing"}, "verifier_key", "Select a valid choice."),
    ],
)
def test_a_mistake_is_named_at_its_field(as_olga, recovery, criterion, fields, field, message):
    response = as_olga.post(ADD, filled(criterion, **fields))
    assert message in str(response.context["adminform"].form.errors[field])
    assert not Binding.objects.exists()


def test_the_page_of_a_criterion_shows_what_proves_each_clause(as_olga, environment, suggestion, criterion):
    bind(criterion, "a rehearsed rollback.")
    observe(environment, NOW - DAY)
    text = as_olga.get(page_of(criterion)).content.decode()
    assert "Recovery rehearsal" in text
    assert "Suggested by the words of the criterion" in text
    assert "no check covers it" in text
    as_olga.post(page_of(criterion), {"binding": suggestion.pk, "decision": "accept"})
    text = as_olga.get(page_of(criterion)).content.decode()
    assert "no check covers it" not in text
    assert "Suggested by the words" not in text


def test_a_decision_about_another_criterions_binding_changes_nothing(as_olga, service, suggestion, criterion):
    other = type(criterion).objects.create(service=service, text="Another")
    as_olga.post(page_of(other), {"binding": suggestion.pk, "decision": "accept"})
    assert Binding.objects.get().state == "suggested"


def test_the_page_of_a_criterion_without_checks_says_what_to_do(as_olga, environment, criterion):
    assert "No check proves this criterion" in as_olga.get(page_of(criterion)).content.decode()


def test_who_may_not_view_bindings_sees_nothing(client, sam, criterion):
    client.force_login(sam)
    assert client.get(page_of(criterion)).status_code == 403


def test_a_person_is_asked_to_confirm_the_criterion_itself(as_olga, criterion):
    as_olga.post(ADD, filled(criterion, verifier_key="human.attestation"))

    assert Binding.objects.get().parameters == {"statement": criterion.text}
    assert b"Confirm it, and say how you know." in as_olga.get(page_of(criterion)).content


def test_a_build_is_asked_to_push_its_report(as_olga, criterion):
    as_olga.post(ADD, filled(criterion, verifier_key="ci.tests"))

    assert b"Push a report for ci.tests." in as_olga.get(page_of(criterion)).content
