from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from rest_framework.test import APIClient

from apps.accounts.models import Notice, User
from apps.accounts.services import issue_token
from apps.audit.models import AuditEvent
from apps.catalog.models import Team
from apps.common.clock import now
from apps.evidence.exceptions import EvidenceRefused
from apps.evidence.models import ObservationRecord
from apps.evidence.services.attesting import attest
from apps.roadmap.models import Criterion
from apps.roadmap.selectors.readiness import readiness
from apps.roadmap.services.attestation_notices import announce_attestations
from apps.roadmap.services.binding import bind
from tests.evidence.pushing import instant

STATEMENT = "The on-call rota is staffed."
NOW = instant(2026, 3, 1, 12)
DAY = timedelta(days=1)


@pytest.fixture
def erin(db):
    """Erin edits."""
    person = User.objects.create_user("erin@example.org", "correct horse battery", is_staff=True)
    person.groups.add(Group.objects.get(name="editor"))
    return person


@pytest.fixture
def criterion(service):
    return Criterion.objects.create(service=service, text="On call is arranged", claim="done", line=1)


@pytest.fixture
def binding(criterion, olga):
    return bind(
        criterion=criterion,
        verifier_key="human.attestation",
        parameters={"statement": STATEMENT},
        ttl=40 * DAY,
        actor=olga,
    )


def confirm(environment, actor, at=NOW, **fields):
    fields = {"statement": STATEMENT, "comment": "I wrote it."} | fields
    return attest(environment=environment, actor=actor, at=at, **fields)


def standing(environment, at):
    return readiness(environment=environment, at=at).criteria[0].standing


def test_a_persons_word_proves_a_criterion_until_it_runs_out(binding, environment, erin):
    assert standing(environment, NOW) == "unverified"
    record = confirm(environment, erin)
    assert (record.trust, record.summary) == ("attested", "Confirmed by erin@example.org: I wrote it.")
    assert standing(environment, NOW + 40 * DAY - timedelta(seconds=1)) == "verified"
    assert standing(environment, NOW + 40 * DAY) == "decayed"


def test_a_person_may_say_that_it_is_not_so(binding, environment, erin):
    confirm(environment, erin, is_so=False)
    assert standing(environment, NOW) == "contradicted"


def test_it_leaves_a_line_in_the_audit_trail(environment, erin):
    confirm(environment, erin)
    event = AuditEvent.objects.first()
    assert (event.action, event.actor, event.details["confirmed"]) == ("evidence.attested", erin, True)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"comment": "  "}, "Say how you know"),
        ({"comment": "\0"}, "NUL"),
        ({"statement": ""}, "statement"),
        ({"comment": "x" * 2001}, "too long"),
    ],
)
def test_what_is_no_attestation_is_refused(environment, erin, fields, message):
    with pytest.raises(EvidenceRefused, match=message):
        confirm(environment, erin, **fields)
    assert not ObservationRecord.objects.exists()


def test_owners_hear_of_its_end_a_week_before_and_once(binding, environment, erin, olga, service):
    service.owner = Team.objects.create(name="Core")
    service.owner.members.add(olga)
    service.save()
    confirm(environment, erin)
    assert announce_attestations(at=NOW + 33 * DAY - timedelta(seconds=1)) == 0
    assert announce_attestations(at=NOW + 33 * DAY) == 2
    assert announce_attestations(at=NOW + 34 * DAY) == 0
    notice = Notice.objects.get(recipient=olga)
    assert notice.subject == "An attestation runs out in 7 days: On call is arranged"
    assert notice.path == f"/admin/roadmap/binding/criterion/{binding.criterion_id}/"
    assert announce_attestations(at=NOW + 40 * DAY) == 0


def test_whoever_confirmed_anew_is_left_alone(binding, environment, erin):
    confirm(environment, erin)
    confirm(environment, erin, at=NOW + 30 * DAY)
    assert announce_attestations(at=NOW + 35 * DAY) == 0


def post(client, **fields):
    fields = {"service": "payments", "statement": STATEMENT, "comment": "I wrote it."} | fields
    return client.post("/api/v1/attestations/", fields, format="json")


def test_a_person_attests_through_the_api(environment, erin):
    client = APIClient()
    client.force_login(erin)
    response = post(client)
    assert response.status_code == 201
    assert response.json()["facts"]["by"] == "erin@example.org"
    assert post(client, comment="").status_code == 400


def test_a_program_attests_nothing(environment, erin):
    _, secret = issue_token(user=erin, name="script")
    response = post(APIClient(headers={"Authorization": f"Bearer {secret}"}))
    assert response.status_code == 403
    assert "A person attests, not a program" in response.json()["detail"]
    assert not ObservationRecord.objects.exists()


def test_the_criterions_page_offers_it_and_takes_it(client, binding, environment, erin):
    client.force_login(erin)
    page = f"/admin/roadmap/binding/criterion/{binding.criterion_id}/"
    assert "How do you know?" in client.get(page).content.decode()
    fields = {"service": "payments", "statement": STATEMENT, "comment": "Seen.", "is_so": "yes", "next": page}
    response = client.post("/admin/evidence/observationrecord/attest/", fields, follow=True)
    assert response.redirect_chain == [(page, 302)]
    assert "Confirmed by erin@example.org: Seen." in response.content.decode()
    assert standing(environment, now()) == "verified"


@pytest.mark.parametrize("target", ["https://example.org/", "//example.org", "javascript:alert(1)"])
def test_it_leads_nowhere_else(client, environment, erin, target):
    client.force_login(erin)
    fields = {"service": "payments", "statement": STATEMENT, "comment": "", "next": target}
    response = client.post("/admin/evidence/observationrecord/attest/", fields)
    assert response.url == "/admin/evidence/observationrecord/"


def test_who_may_only_view_gives_no_word(client, binding, sam):
    sam.groups.add(Group.objects.get(name="viewer"))
    client.force_login(sam)
    page = client.get(f"/admin/roadmap/binding/criterion/{binding.criterion_id}/").content.decode()
    assert "How do you know?" not in page
    assert client.post("/admin/evidence/observationrecord/attest/", {}).status_code == 403
