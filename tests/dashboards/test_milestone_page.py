"""The page of a milestone in the admin: how it stands, above its form."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from apps.accounts.models import User
from apps.catalog.models import Service
from apps.common.clock import now
from apps.dashboards.selectors.milestone_page import milestone_page
from apps.roadmap.models import Milestone
from tests.dashboards.voyage import Voyage


def test_it_says_how_the_milestone_stands_and_why(client: Client, olga: User, voyage: Voyage) -> None:
    page = _open(client, olga, "M1")

    assert "<strong>Contradicted</strong>" in page
    assert "its acceptance criterion and 2 of its 3 tasks are still open." in page
    assert "<dt>Tasks done</dt><dd>1 of 3" in page
    assert "No secret is left in the host&#x27;s environment" in page


def test_an_overdue_milestone_says_how_late_it_is(client: Client, olga: User, voyage: Voyage) -> None:
    assert "8 weeks late." in _open(client, olga, "M0")


def test_who_may_only_look_sees_it_too(client: Client, sam: User, voyage: Voyage) -> None:
    sam.groups.add(Group.objects.get(name="viewer"))

    assert "<strong>Verified</strong>" in _open(client, sam, "M2")


@pytest.mark.parametrize("is_gone", [False, True])
def test_without_a_place_to_stand_there_is_only_the_form(
    client: Client, olga: User, voyage: Voyage, service: Service, is_gone: bool
) -> None:
    milestone = Milestone.objects.get(code="M0")
    if is_gone:
        Milestone.objects.filter(pk=milestone.pk).update(orphaned_at=now())
    else:
        service.environments.update(is_default=False)

    assert milestone_page(milestone, at=now()) is None
    assert "How it stands" not in _open(client, olga, "M0")


def test_a_new_milestone_has_only_its_form(client: Client, olga: User) -> None:
    client.force_login(olga)

    assert "Add milestone" in client.get("/admin/roadmap/milestone/add/").content.decode()


def _open(client: Client, user: User, code: str) -> str:
    client.force_login(user)
    address = f"/admin/roadmap/milestone/{Milestone.objects.get(code=code).pk}/change/"
    return " ".join(client.get(address).content.decode().split())
