"""Lists of the admin as a person filtered them, under a name."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from apps.audit.models import AuditEvent
from apps.dashboards.exceptions import NotYourView, ViewExists, ViewRefused
from apps.dashboards.models import SavedView
from apps.dashboards.services.saved_views import delete_view, save_view
from tests.pages import read_page

OVERDUE = "claim__exact=todo&target=overdue&q=runbook&o=2"


def test_a_view_is_saved_shown_above_its_list_and_deleted(client, olga):
    client.force_login(olga)
    answer = client.post(
        "/admin/saved-views/", {"list": "roadmap.task", "query": f"{OVERDUE}&p=3", "name": " Late  runbooks "}
    )
    view = SavedView.objects.get()
    assert (view.name, view.query, view.is_shared) == ("Late runbooks", OVERDUE, False)
    assert answer["Location"] == f"/admin/roadmap/task/?{OVERDUE}"

    shown = client.get(answer["Location"])
    assert read_page(shown).refused == []
    assert 'aria-current="true"' in shown.content.decode()
    assert "Late runbooks" not in client.get("/admin/roadmap/milestone/").content.decode()
    client.post(f"/admin/saved-views/{view.pk}/delete/")
    assert not SavedView.objects.exists()
    trail = AuditEvent.objects.filter(subject_type="dashboards.savedview").order_by("pk")
    assert [event.action for event in trail] == ["savedview.added", "savedview.deleted"]


def test_only_a_filtered_list_can_be_saved(client, olga):
    client.force_login(olga)
    assert "Save this view" not in client.get("/admin/roadmap/task/").content.decode()
    assert "Save this view" in client.get("/admin/roadmap/task/?target=overdue").content.decode()


def test_others_see_what_is_shared_and_delete_nothing(olga, sam):
    sam.groups.add(Group.objects.get(name="viewer"))
    private = save_view(owner=olga, of="roadmap.task", name="Mine", query=OVERDUE)
    shared = save_view(owner=olga, of="roadmap.task", name="Ours", query=OVERDUE, is_shared=True)
    client = Client()
    client.force_login(sam)
    shown = client.get("/admin/roadmap/task/").content.decode()

    assert "Ours" in shown
    assert "Mine" not in shown
    assert client.post(f"/admin/saved-views/{private.pk}/delete/").status_code == 404
    client.post(f"/admin/saved-views/{shared.pk}/delete/")
    with pytest.raises(NotYourView):
        delete_view(view=shared, actor=sam)
    assert SavedView.objects.count() == 2


@pytest.mark.parametrize(
    ("of", "query", "said"),
    [
        ("roadmap.nothing", "", "list:"),
        ("nothing", "", "list:"),
        ("sessions.session", "", "list:"),
        ("roadmap.task", "colour=red", "query:"),
        ("roadmap.task", "service__owner__members__password=x", "query:"),
        ("roadmap.task", "target_on__gte=soon", "query:"),
        ("roadmap.task", "q=%00", "query:"),
        ("roadmap.task", "q=" + "x" * 2000, "query:"),
    ],
)
def test_what_no_list_takes_is_refused(olga, of, query, said):
    with pytest.raises(ViewRefused, match=said):
        save_view(owner=olga, of=of, name="X", query=query)
    assert not SavedView.objects.exists()


@pytest.mark.parametrize("name", ["", "  ", "x" * 61, "a\x00b"])
def test_a_view_needs_a_name(olga, name):
    with pytest.raises(ViewRefused, match="name:"):
        save_view(owner=olga, of="roadmap.task", name=name, query=OVERDUE)


def test_a_name_is_taken_once_by_each_person(olga, sam):
    sam.groups.add(Group.objects.get(name="viewer"))
    for owner in (olga, sam):
        save_view(owner=owner, of="roadmap.task", name="Late", query=OVERDUE)
    with pytest.raises(ViewExists, match="“Late”"):
        save_view(owner=olga, of="roadmap.task", name="Late", query="")


def test_nobody_saves_a_list_that_they_may_not_see(client, sam):
    client.force_login(sam)
    response = client.post("/admin/saved-views/", {"list": "roadmap.task", "query": "", "name": "X"}, follow=True)
    assert "you may not see roadmap.task" in response.content.decode()
    assert not SavedView.objects.exists()
