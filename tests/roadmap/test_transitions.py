"""Every change of a standing says since when it is so, by what and by whom."""

from datetime import timedelta

import pytest
from django.db import Error, transaction
from django.urls import reverse

from apps.catalog.models import Environment
from apps.common.clock import now
from apps.roadmap import tasks
from apps.roadmap.models import Criterion, StatusTransition
from apps.roadmap.services.claims import set_claim
from apps.roadmap.services.importing import import_document
from apps.roadmap.services.transitions import note_transitions
from apps.roadmap.services.waivers import approve_waiver, request_waiver, revoke_waiver
from tests.roadmap.evidence import DAY, bind, observe

HOUR = timedelta(hours=1)


@pytest.fixture
def at(db):
    return now()


@pytest.fixture
def noted(recovery, environment, criterion, at):
    """A criterion that was proven an hour ago, as was noted then."""
    bind(criterion, decided_at=at - DAY)
    observe(environment, at - 2 * HOUR)
    note(environment, at - HOUR)
    return criterion


def note(environment, at):
    return note_transitions(environments=[environment], at=at)


def newest():
    return StatusTransition.objects.order_by("-pk").first()


def told(row):
    return row.from_standing, row.to_standing, row.cause


def test_the_first_look_notes_what_there_is(noted, at):
    row = StatusTransition.objects.get()
    assert told(row) == ("", "verified", "first_seen")
    assert row.input["evidence"] == "passing"


def test_what_stands_as_it_did_is_not_noted_again(noted, environment, at):
    observe(environment, at - timedelta(minutes=5))
    assert note(environment, at) == 0


def test_evidence_is_named_with_the_instant_it_was_recorded(noted, environment, at):
    record = observe(environment, at - timedelta(minutes=5), verdict="failed")
    note(environment, at)
    row = newest()
    assert told(row) == ("verified", "contradicted", "observation")
    assert (row.at, row.input["observations"], row.actor) == (record.recorded_at, [record.pk], None)


def test_evidence_that_ran_out_did_so_when_it_ended_not_when_it_was_noticed(noted, environment, at):
    note(environment, at + 60 * DAY)
    row = newest()
    assert told(row) == ("verified", "decayed", "expiry")
    assert at < row.at < at + 59 * DAY
    assert row.recorded_at == at + 60 * DAY


def test_a_claim_names_whoever_changed_it(noted, environment, olga):
    set_claim(entry=noted, claim="todo", expected="done", actor=olga)
    note(environment, now())
    row = newest()
    assert told(row) == ("verified", "met_not_claimed", "edit")
    assert row.actor == olga
    assert now() - row.at < timedelta(minutes=1)


def test_an_import_is_named_as_one(service, environment, olga):
    text = "# Road\n\n## M1 A\n- Acceptance\n  - [ ] It restores.\n"
    import_document(service=service, name="road.md", raw=text.encode(), actor=olga)
    note(environment, now())
    import_document(service=service, name="road.md", raw=text.replace("[ ]", "[x]").encode(), actor=olga)
    note(environment, now())
    row = newest()
    assert told(row) == ("open", "unverified", "import")
    assert row.actor == olga


def test_a_check_that_was_bound_names_whoever_accepted_it(noted, environment, olga, at):
    bind(noted, clause="A sea trial", verifier_key="tests.gone", decided_at=at, decided_by=olga)
    note(environment, at)
    row = newest()
    assert told(row) == ("verified", "unknown", "binding")
    assert row.actor == olga


def test_a_waiver_names_its_approver_and_its_lapse_the_second_it_ended(noted, environment, olga, sam, at):
    observe(environment, at - timedelta(minutes=5), verdict="failed")
    note(environment, at)
    waiver = request_waiver(
        criterion=noted,
        environment=environment,
        reason_category="business_priority",
        reason="The fair.",
        compensating_control="Somebody watches.",
        ends_at=at + DAY,
        actor=sam,
        at=at,
    )
    approve_waiver(waiver=waiver, actor=olga, at=at + timedelta(minutes=1))
    note(environment, at + HOUR)
    row = newest()
    assert told(row) == ("contradicted", "waived", "waiver")
    assert (row.actor, row.at) == (olga, at + timedelta(minutes=1))
    note(environment, at + 2 * DAY)
    row = newest()
    assert told(row)[1:] == ("contradicted", "waiver")
    assert (row.at, row.actor) == (at + DAY, None)


def test_a_revoked_waiver_names_whoever_revoked_it(noted, environment, olga, sam, at):
    observe(environment, at - timedelta(minutes=5), verdict="failed")
    waiver = request_waiver(
        criterion=noted,
        environment=environment,
        reason_category="business_priority",
        reason="The fair.",
        compensating_control="Somebody watches.",
        ends_at=at + DAY,
        actor=sam,
        at=at,
    )
    approve_waiver(waiver=waiver, actor=olga, at=at)
    note(environment, at + HOUR)
    revoke_waiver(waiver=waiver, actor=olga, comment="Enough.", at=at + 2 * HOUR)
    note(environment, at + 3 * HOUR)
    row = newest()
    assert (told(row)[0], row.cause, row.actor, row.at) == ("waived", "waiver", olga, at + 2 * HOUR)


def test_two_environments_have_two_stories(noted, environment, service, at):
    staging = Environment.objects.create(service=service, name="staging")
    note_transitions(environments=[environment, staging], at=at)
    observe(staging, at, verdict="failed")
    note_transitions(environments=[environment, staging], at=at)
    rows = StatusTransition.objects.filter(environment=staging).order_by("pk")
    assert [told(row) for row in rows] == [
        ("", "unverified", "first_seen"),
        ("unverified", "contradicted", "observation"),
    ]


def test_the_ticks_note_all_environments(noted, environment):
    set_claim(entry=noted, claim="todo", expected="done")
    tasks.note_status_transitions()
    assert newest().to_standing == "met_not_claimed"


def test_the_story_outlives_a_deleted_criterion_and_the_database_refuses_to_rewrite_it(noted):
    Criterion.objects.all().delete()
    assert StatusTransition.objects.count() == 1
    with pytest.raises(Error, match="append-only"), transaction.atomic():
        StatusTransition.objects.update(to_standing="verified")
    with pytest.raises(Error, match="append-only"), transaction.atomic():
        StatusTransition.objects.all().delete()


def test_the_criterions_page_and_the_api_tell_the_story(noted, environment, olga, client):
    set_claim(entry=noted, claim="todo", expected="done", actor=olga)
    note(environment, now())
    client.force_login(olga)
    text = client.get(reverse("admin:roadmap_criterion_evidence", args=[noted.pk])).content.decode()
    assert "How it came to this" in text
    assert "Edited" in text
    rows = client.get(f"/api/v1/status-transitions/?criterion={noted.pk}").json()["results"]
    assert [(each["to_standing"], each["cause"], each["actor"]) for each in rows] == [
        ("met_not_claimed", "edit", "Olga Operator"),
        ("verified", "first_seen", None),
    ]
