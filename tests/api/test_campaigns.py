from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.common.clock import now
from tests.evidence.recovery import Recovery, registered
from tests.roadmap.campaigning import campaign_of, service_of
from tests.roadmap.evidence import DAY, observe

URL = "/api/v1/campaigns/"


@pytest.fixture(autouse=True)
def recovery():
    with registered(Recovery()) as verifier:
        yield verifier


def client_of(role):
    user, _ = User.objects.get_or_create(email=f"{role}@example.org", defaults={"is_staff": True})
    user.groups.add(Group.objects.get(name=role))
    client = APIClient()
    client.force_login(user)
    return client


def asked(**fields):
    today = now().date()
    values = {
        "name": "Proven restores", "sentence": "Every service of tier A has a proven restore.", "tiers": ["A"],
        "verifier_key": "tests.recovery", "starts_on": str(today - 7 * DAY), "target_on": str(today + 7 * DAY),
        "reminder_weekdays": [1],
    }  # fmt: skip
    return values | fields


def test_a_campaign_is_begun_read_with_its_progress_and_ended(environment):
    begun = client_of("editor").post(URL, asked(services=["payments"]), format="json")
    assert begun.status_code == 201
    assert (begun.json()["owner"], begun.json()["phase"]) == ("editor@example.org", "running")
    observe(environment, now() - timedelta(hours=1))
    campaign = client_of("viewer").get(URL).json()["results"][0]
    assert campaign["services"] == ["payments"]
    assert {name: campaign["progress"][name] for name in ("satisfied", "total", "is_reached", "states")} == {
        "satisfied": 1, "total": 1, "is_reached": True, "states": {"passing": 1},
    }  # fmt: skip
    path = f"{URL}{campaign['id']}/"
    ended = client_of("editor").post(f"{path}end/").json()
    assert (ended["phase"], ended["progress"]["at"]) == ("ended", ended["ends_at"])
    again = client_of("editor").post(f"{path}end/")
    assert (again.status_code, again.json()["code"]) == (409, "campaign_ended")
    assert client_of("viewer").get(URL, {"phase": "running"}).json()["count"] == 0
    assert client_of("viewer").get(URL, {"phase": "ended"}).json()["count"] == 1


def test_its_services_come_the_worst_first_with_what_to_do(olga, environment):
    campaign = campaign_of(olga, starts_on=now().date(), target_on=now().date())
    seen = observe(environment, now() - timedelta(hours=1))
    service_of("orders", team="Core")
    rows = client_of("viewer").get(f"{URL}{campaign.pk}/services/").json()["results"]
    assert [(row["service"], row["state"], row["owner"]) for row in rows] == [
        ("orders", "unbound", "Core"), ("payments", "passing", None),
    ]  # fmt: skip
    assert rows[0]["action"] == "Bind a criterion to tests.recovery."
    assert (rows[1]["observation"], rows[1]["criterion"]) == (seen.pk, None)


@pytest.mark.parametrize(
    ("fields", "code", "words"),
    [
        ({"verifier_key": ""}, "campaign_refused", "Choose a check, or the words of criteria, or both."),
        ({"rule": {"fact": "moon", "operator": "exists"}}, "campaign_refused", "rule: tests.recovery has no fact moon"),
        ({"target_on": "2020-01-01"}, "campaign_refused", "The target comes before the start."),
        ({"services": ["moon"]}, "invalid", "moon"),
        ({"tiers": ["Z"]}, "invalid", "Z"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_field(db, fields, code, words):
    refused = client_of("editor").post(URL, asked(**fields), format="json")
    assert (refused.status_code, refused.json()["code"]) == (400, code)
    assert words in refused.content.decode()


def test_two_of_one_name_are_refused(db):
    client_of("editor").post(URL, asked(), format="json")
    refused = client_of("editor").post(URL, asked(name="proven RESTORES"), format="json")
    assert (refused.status_code, "There is a campaign of that name." in refused.json()["detail"]) == (400, True)


def test_the_list_costs_the_same_for_many(olga, environment):
    client = client_of("viewer")
    observe(environment, now() - timedelta(hours=1))
    campaign_of(olga, name="0")

    def queries():
        with CaptureQueriesContext(connection) as found:
            assert client.get(URL).status_code == 200
        return len(found)

    few = queries()
    for number in range(1, 4):
        observe(service_of(f"s{number}", team=f"T{number}").environments.get(), now() - timedelta(hours=1))
        campaign_of(olga, name=str(number))
    assert queries() == few
