"""Lists in the admin are filtered by related things: by links where there are few, from a box where many."""

import pytest

from apps.catalog.services import ensure_service
from apps.common.related_filter import FEW
from apps.roadmap.models import Task


@pytest.fixture
def tasks(client, olga):
    client.force_login(olga)
    for number in range(FEW + 1):
        Task.objects.create(service=ensure_service(slug=f"service-{number:02}"), text=f"Work of {number:02}")


def page(client, query=""):
    response = client.get(f"/admin/roadmap/task/{query}")
    assert response.status_code == 200, response.headers
    return response.content.decode()


def test_many_are_chosen_from_a_box(client, tasks):
    service = ensure_service(slug="service-03")
    first = page(client)
    assert f'<option value="{service.pk}">Service 03</option>' in first

    chosen = page(client, f"?service__id__exact={service.pk}&claim__exact=todo")
    assert "Work of 03" in chosen
    assert "Work of 04" not in chosen
    assert f'<option value="{service.pk}" selected>' in chosen
    assert '<input type="hidden" name="claim__exact" value="todo">' in chosen


def test_an_empty_box_chooses_all(client, tasks):
    assert "Work of 04" in page(client, "?service__id__exact=&claim__exact=todo")


def test_few_are_links(client, tasks):
    Task.objects.exclude(text="Work of 00").delete()
    assert "one-of-many" in page(client)  # the services are still many
    assert "?labels__id__exact" not in page(client)
