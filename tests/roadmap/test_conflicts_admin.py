"""The page where conflicts are settled, and where people hear of them."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from apps.accounts.models import User
from apps.roadmap.engines.comparing import compare_words
from apps.roadmap.models import Conflict, Document, Task
from apps.roadmap.selectors.gate import gate
from apps.roadmap.selectors.readiness import readiness
from apps.roadmap.selectors.statuses import FlagKind
from apps.roadmap.services.conflicts import value_seen
from apps.roadmap.services.importing import import_document
from tests.pages import read_page

TEXT = "# Road\n\n## M1 Safety\n- Tasks\n  - [ ] Write runbook\n  - [ ] Rotate keys\n"


@pytest.fixture
def document(service):
    document = import_document(service=service, name="road.md", raw=TEXT.encode()).document
    Task.objects.filter(text="Write runbook").update(claim="done", text="Write the runbook")
    changed = TEXT.replace("[ ] Write runbook", "[~] Write runbook quickly")
    import_document(service=service, name="road.md", raw=changed.encode())
    return document


@pytest.fixture
def address(document):
    return reverse("admin:roadmap_document_conflicts", args=[document.pk])


@pytest.fixture
def as_olga(client, olga):
    client.force_login(olga)
    return client


def answers(**choices):
    """What the browser posts: the choices, with what the page showed."""
    posted = {}
    for conflict in Conflict.objects.open():
        posted[f"seen-{conflict.pk}"] = value_seen(conflict)
        if conflict.field in choices:
            posted[f"choice-{conflict.pk}"], posted[f"value-{conflict.pk}"] = choices[conflict.field]
    return posted


def test_words_that_differ_are_marked():
    assert compare_words("Write the runbook", "Write runbook quickly") == (
        [("Write ", False), ("the ", True), ("runbook", False)],
        [("Write ", False), ("runbook ", False), ("quickly", True)],
    )


def test_the_page_shows_both_values_and_settles_all_at_once(as_olga, document, address):
    page = as_olga.get(address)
    assert read_page(page).refused == []
    text = page.content.decode()
    assert "Write <mark>the </mark>runbook" in text.replace("</span><span>", "")
    assert "<mark>quickly</mark>" in text
    assert "It was: To do" in text

    response = as_olga.post(address, answers(claim=("theirs", ""), text=("other", "Write a runbook")), follow=True)
    assert "Settled 2 conflicts." in response.content.decode()
    assert "Nothing is in conflict" in response.content.decode()
    task = Task.objects.get(text="Write a runbook")
    assert (task.claim, Conflict.objects.open().count()) == ("in_progress", 0)


def test_what_was_settled_meanwhile_is_told_and_not_overwritten(as_olga, address):
    posted = answers(claim=("theirs", ""))
    as_olga.post(address, answers(claim=("ours", "")))
    response = as_olga.post(address, posted, follow=True)

    assert "was settled meanwhile; nothing was changed" in response.content.decode()
    assert Task.objects.get(text="Write the runbook").claim == "done"


def test_what_changed_meanwhile_is_looked_at_again(as_olga, address):
    posted = answers(claim=("theirs", ""))
    Task.objects.update(claim="not_applicable")
    response = as_olga.post(address, posted, follow=True)

    assert "look again before you decide" in response.content.decode()
    assert Task.objects.get(text="Write the runbook").claim == "not_applicable"


def test_a_choice_for_what_is_no_conflict_settles_nothing(as_olga, address):
    response = as_olga.post(address, {"choice-²": "theirs", f"choice-{'9' * 30}": "theirs"})

    assert response.status_code == 302
    assert Conflict.objects.open().count() == 2


@pytest.mark.parametrize(("role", "reads", "settles"), [("viewer", 200, 403), ("editor", 200, 302), (None, 403, 403)])
def test_who_may_read_and_settle(client, address, role, reads, settles):
    person = User.objects.create_user("p@example.org", "correct horse battery", is_staff=True)
    if role:
        person.groups.add(Group.objects.get(name=role))
    client.force_login(person)

    assert client.get(address).status_code == reads
    assert client.post(address, answers(claim=("theirs", ""))).status_code == settles


def test_readiness_and_gate_say_what_is_in_conflict(document, environment):
    known = readiness(environment=environment)

    conflicts = [flag for flag in known.flags if flag.kind is FlagKind.CONFLICT]
    assert [flag.sentence for flag in conflicts] == [
        "The text of “Write the runbook” was changed both here and in road.md.",
        "The claim of “Write the runbook” was changed both here and in road.md.",
    ]
    assert {str(flag.milestone) for flag in conflicts} == {"M1 Safety"}
    answer = gate(environment=environment)
    assert answer.decision == "no_go"
    assert [finding.id for finding in answer.blocking_findings] == [
        f"import_conflict:conflict:{flag.conflict.pk}" for flag in conflicts
    ]


def test_the_readiness_page_leads_to_them(as_olga, document, service, address):
    text = as_olga.get(f"/admin/readiness/{service.slug}/").content.decode()

    assert address in text
    assert Document.objects.get() == document
