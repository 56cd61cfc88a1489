"""The inbox of the person who is signed in."""

import pytest

from apps.accounts.models import Notice
from apps.accounts.services import notify
from tests.pages import read_page


@pytest.fixture
def told(olga, sam):
    notify(recipients=[olga, sam], key="one", subject="First", text="<b>x</b>", path="/admin/roadmap/task/")
    notify(recipients=[olga], key="two", subject="Second", text="")
    return Notice.objects.filter(recipient=olga)


def page(client, address="/admin/notices/"):
    response = client.get(address)
    assert read_page(response).refused == []
    return " ".join(response.content.decode().split())


def test_the_header_counts_what_is_unread(client, olga, told):
    client.force_login(olga)
    assert '<span class="count">2<span class="visually-hidden"> unread</span>' in page(client, "/admin/roadmap/task/")
    shown = page(client)
    assert "2 unread" in shown
    assert "&lt;b&gt;x&lt;/b&gt;" in shown


def test_a_notice_is_read_by_opening_it(client, olga, told):
    client.force_login(olga)
    first = told.get(key="one")
    response = client.post(f"/admin/notices/{first.pk}/read/", {"open": "1"})

    assert response["Location"] == "/admin/roadmap/task/"
    first.refresh_from_db()
    assert first.read_at is not None


@pytest.mark.parametrize("path", ["https://example.org/", "//example.org/", "/\\example.org", ""])
def test_a_notice_leads_nowhere_else(client, olga, told, path):
    client.force_login(olga)
    told.update(path=path)
    response = client.post(f"/admin/notices/{told[0].pk}/read/", {"open": "1"})
    assert response["Location"] == "/admin/notices/"


def test_all_are_read_that_were_shown(client, olga, told):
    client.force_login(olga)
    newest = max(told.values_list("pk", flat=True))
    notify(recipients=[olga], key="three", subject="Meanwhile", text="")
    client.post("/admin/notices/read/", {"newest": newest})

    assert list(told.unread().values_list("subject", flat=True)) == ["Meanwhile"]
    assert Notice.objects.filter(recipient__email="sam@example.org").unread().count() == 1


def test_nobody_reads_the_notices_of_somebody_else(client, sam, told):
    client.force_login(sam)
    assert client.post(f"/admin/notices/{told[0].pk}/read/").status_code == 404
    assert "Second" not in page(client)
    assert client.get(f"/admin/notices/{told[0].pk}/read/").status_code == 405
