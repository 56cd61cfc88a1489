"""The frame that every staff page shares."""

import re

from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_script_prefix

from apps.accounts.models import User
from apps.common.statuses import LOOKS
from apps.dashboards.navigation import sections


def test_the_navigation_holds_only_what_a_person_may_see(client: Client, sam: User) -> None:
    client.force_login(sam)

    assert b"Audit trail" not in client.get("/admin/").content
    sam.groups.add(Group.objects.get(name="viewer"))
    assert b"Audit trail" in client.get("/admin/").content


def test_a_page_asks_once_who_is_there_and_what_they_may_do(client: Client, olga: User) -> None:
    client.force_login(olga)
    with CaptureQueriesContext(connection) as queries:
        client.get("/admin/notices/")

    for table in ("django_session", "accounts_user ", "auth_permission"):
        assert sum(table in query["sql"] for query in queries) == 1, table


def test_a_page_leads_only_below_the_prefix_that_it_was_asked_under(client: Client, olga: User) -> None:
    client.force_login(olga)
    for prefix in ("", "/aboard", ""):
        with override_script_prefix(f"{prefix}/"):
            page = client.get("/admin/roadmap/task/", SCRIPT_NAME=prefix).content.decode()

        assert set(re.findall(r'(?:href|action)="([^"]*)/admin/', page)) - {"/static"} == {prefix}


def test_a_stranger_sees_no_navigation(client: Client, db: None) -> None:
    page = client.get("/admin/login/").content

    assert b"Production readiness you can prove." in page
    assert b'class="sections"' not in page


def test_the_current_section_and_page_are_marked() -> None:
    app_list = [
        {"app_label": "catalog", "models": [_model("Team"), _model("Service")]},
        {"app_label": "audit", "models": [_model("AuditEvent")]},
    ]

    audit, settings = sections(app_list, "/admin/Team/3/change/")

    assert (audit.title, audit.is_current) == ("Audit trail", False)
    assert (settings.title, settings.is_current) == ("Settings", True)
    assert [(page.title, page.is_current) for page in settings.pages] == [("services", False), ("teams", True)]


def test_a_binding_stands_with_the_evidence() -> None:
    (evidence,) = sections([{"app_label": "roadmap", "models": [_model("Binding")]}], "/admin/")

    assert evidence.title == "Evidence"


def test_the_parts_of_a_periodic_task_stand_in_no_section(client: Client, olga: User) -> None:
    client.force_login(olga)
    page = client.get("/admin/").content.decode()
    assert "/django_celery_beat/periodictask/" in page
    assert "/django_celery_beat/solarschedule/" not in page.split("<main")[0]


def test_every_status_has_a_shape_that_is_drawn(client: Client, olga: User) -> None:
    client.force_login(olga)
    page = client.get("/admin/").content.decode()

    for look in LOOKS.values():
        assert f'<symbol id="i-{look.symbol}"' in page


def _model(name: str) -> dict[str, str]:
    return {"object_name": name, "name": f"{name.lower()}s", "admin_url": f"/admin/{name}/"}


def test_an_empty_list_says_what_to_do(client: Client, olga: User, sam: User) -> None:
    client.force_login(olga)
    empty, unmatched = (client.get(f"/admin/catalog/team/{query}").content.decode() for query in ("", "?q=zzz"))

    assert "No teams yet" in empty
    assert "Add the first one." in empty
    assert "Nothing matches" in unmatched


def test_dates_are_written_the_day_first_with_their_zone(client: Client, olga: User) -> None:
    client.force_login(olga)

    assert re.search(r"\d+ [A-Z][a-z]{2} \d{4}, \d\d:\d\d UTC", client.get("/admin/accounts/user/").content.decode())
