"""A NUL, wherever it is sent, is refused and no error of ours."""

import pytest
from django.urls import reverse

from apps.common.clock import now
from apps.roadmap.models import Waiver
from tests.roadmap.evidence import DAY
from tests.roadmap.waiving import ask


@pytest.fixture
def waiver(criterion, environment, sam):
    return ask(criterion, environment, sam, at=now(), ends_at=now() + DAY)


@pytest.mark.parametrize(
    "address", ["/admin/roadmap/task/?service__slug=%00", "/admin/roadmap/waiver/?criterion__service__slug=a%00b"]
)
def test_in_a_filter_of_a_list(client, olga, address):
    client.force_login(olga)
    assert client.get(address).status_code in {302, 400}


def test_in_the_word_that_goes_with_a_decision(client, olga, waiver):
    client.force_login(olga)
    page = reverse("admin:roadmap_waiver_change", args=[waiver.pk])
    assert client.post(page, {"decision": "approve", "comment": "fine\0"}).status_code == 400
    assert Waiver.objects.get().state == Waiver.State.REQUESTED


def test_any_other_error_stays_one(client, olga, monkeypatch):
    def fail(**arguments):
        raise ValueError("something else")

    monkeypatch.setattr("apps.dashboards.views.person.my_work", fail)
    client.force_login(olga)
    with pytest.raises(ValueError, match="something else"):
        client.get(reverse("dashboards:my_work"))
