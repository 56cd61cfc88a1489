"""Changing entries, and what stands beside them, through the API."""

import pytest

from apps.accounts.services import notify
from apps.audit.models import AuditEvent
from apps.catalog.models import Team
from apps.roadmap.models import Comment, Criterion, Dependency, Label, Link, Milestone, Risk, Task, WorkItem


@pytest.fixture
def task(document):
    return Task.objects.get(claim="todo")


@pytest.fixture
def label(db):
    return Label.objects.create(name="night shift")


def patch(client, address, body, **options):
    return client.patch(f"/api/v1/{address}/", body, format="json", **options)


def post(client, address, body):
    return client.post(address, body, format="json")


def test_everything_that_people_work_with_is_changed_at_the_version_seen(editor, task, label):
    address = f"tasks/{task.pk}"
    version = editor.get(f"/api/v1/{address}/").json()["version"]
    wanted = {
        "owners": ["Core"],
        "assignees": [editor.user.email],
        "labels": ["night shift"],
        "target_on": "2026-06-30",
        "effort": "1-2 days",
        "claim": "in_progress",
    }
    response = patch(editor, address, wanted | {"version": version})

    assert response.status_code == 200
    found = response.json()
    assert {name: found[name] for name in wanted} == wanted
    assert (found["effort_days"], found["target_starts_on"], found["target_precision"]) == (2, "2026-06-30", "day")
    assert found["version"] > version
    trail = AuditEvent.objects.filter(subject_type="roadmap.task").order_by("pk")
    assert [event.action for event in trail] == ["task.changed", "task.claimed"]


@pytest.mark.parametrize("precondition", ["version", "etag"])
def test_who_comes_second_is_told_what_changed_and_by_whom(editor, olga, task, precondition):
    address = f"tasks/{task.pk}"
    before = editor.get(f"/api/v1/{address}/")
    assert patch(editor, address, {"effort": "3d", "version": before.json()["version"]}).status_code == 200
    body, headers = {"effort": "5d"}, {}
    if precondition == "version":
        body["version"] = before.json()["version"]
    else:
        headers["If-Match"] = before.headers["ETag"]
    response = patch(editor, address, body, headers=headers)

    assert (response.status_code, response.json()["code"]) == (409, "entry_changed")
    assert "effort: empty → 3d" in response.json()["detail"]
    assert Task.objects.get(pk=task.pk).effort == "3d"


@pytest.mark.parametrize("tag", ['"task:0:1:todo"', "*", '"', '"task:1:99999999999999999999:todo"', "W/"])
def test_a_tag_of_something_else_is_no_precondition(editor, task, tag):
    response = patch(editor, f"tasks/{task.pk}", {"effort": "5d"}, headers={"If-Match": tag})
    assert response.status_code == 409
    assert Task.objects.get(pk=task.pk).effort == ""


def test_the_claim_seen_says_nothing_of_the_rest(editor, task):
    response = patch(editor, f"tasks/{task.pk}", {"effort": "5d", "expected": "todo"})
    assert (response.status_code, response.json()["code"]) == (428, "precondition_required")
    assert Task.objects.get(pk=task.pk).effort == ""


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"owners": ["Nobody's"]}, "owners"),
        ({"assignees": ["nobody@example.org"]}, "assignees"),
        ({"labels": ["unheard of"]}, "labels"),
        ({"labels": ["a\x00b"]}, "labels"),
        ({"target_on": "soon"}, "target_on"),
        ({"effort": "x" * 101}, "effort"),
        ({"target_precision": "century"}, "target_precision"),
        ({}, "body"),
    ],
)
def test_a_value_that_is_not_understood_is_named(editor, task, body, field):
    version = editor.get(f"/api/v1/tasks/{task.pk}/").json()["version"]
    response = patch(editor, f"tasks/{task.pk}", body | {"version": version})
    assert (response.status_code, response.json()["code"]) == (400, "invalid")
    assert list(response.json()["fields"]) == [field]


def test_milestones_work_items_criteria_and_risks_are_changed_too(editor, document, service):
    Team.objects.create(name="QA")
    item = WorkItem.objects.create(service=service, title="Queue")
    for address, body in (
        (f"milestones/{Milestone.objects.first().pk}", {"owners": ["QA", "Core"], "priority": "high"}),
        (f"work-items/{item.pk}", {"effort": "2 weeks", "claim": "done"}),
        (
            f"criteria/{Criterion.objects.first().pk}",
            {"requirement": "recommended"},
        ),
        (f"risks/{Risk.objects.get().pk}", {"status": "mitigated", "likelihood": "low"}),
    ):
        version = editor.get(f"/api/v1/{address}/").json()["version"]
        response = patch(editor, address, body | {"version": version})
        found = response.json()
        assert response.status_code == 200, found
        assert {name: sorted(found[name]) if isinstance(found[name], list) else found[name] for name in body} == {
            name: sorted(value) if isinstance(value, list) else value for name, value in body.items()
        }


def test_labels_are_added_once_and_deleted(editor, task):
    added = editor.post("/api/v1/labels/", {"name": "Urgent", "colour": "refuted"}, format="json")
    assert added.status_code == 201
    again = editor.post("/api/v1/labels/", {"name": "urgent"}, format="json")
    assert (again.status_code, again.json()["code"]) in {(409, "label_exists"), (400, "invalid")}
    assert editor.delete(f"/api/v1/labels/{added.json()['id']}/").status_code == 204
    assert not Label.objects.exists()


def test_links_are_added_listed_and_removed(editor, task):
    about = {"entry_kind": "task", "entry_id": task.pk}
    added = post(editor, "/api/v1/links/", {**about, "url": "https://example.org/pr/1", "kind": "pull_request"})
    assert (added.status_code, added.json()["added_by"]) == (201, editor.user.email)
    for url in ("javascript:alert(1)", "ftp://example.org"):
        assert post(editor, "/api/v1/links/", {**about, "url": url}).json()["code"] == "link_refused"
    assert post(editor, "/api/v1/links/", {**about, "entry_id": 999_999, "url": "https://x.org/"}).status_code == 400
    found = editor.get("/api/v1/links/", about).json()["results"]
    assert [each["url"] for each in found] == ["https://example.org/pr/1"]
    assert editor.delete(f"/api/v1/links/{added.json()['id']}/").status_code == 204
    assert not Link.objects.exists()


def test_a_comment_is_its_authors(editor, person, task):
    about = {"entry_kind": "task", "entry_id": task.pk}
    added = post(editor, "/api/v1/comments/", {**about, "text": "Hello"})
    assert (added.status_code, added.json()["author"]) == (201, editor.user.email)
    address = f"/api/v1/comments/{added.json()['id']}/"
    other = person("approver")
    for response in (other.patch(address, {"text": "Theirs"}, format="json"), other.delete(address)):
        assert (response.status_code, response.json()["code"]) in {(409, "not_yours"), (403, "permission_denied")}
    assert editor.patch(address, {"text": "Hello again"}, format="json").json()["text"] == "Hello again"
    assert editor.delete(address).status_code == 204
    kept = editor.get(address).json()
    assert (kept["text"], kept["deleted_at"] is None) == ("", False)
    assert Comment.objects.count() == 1


def test_dependencies_make_no_loop(editor, document):
    first, second = Milestone.objects.order_by("code")
    pair = {"predecessor": first.pk, "successor": second.pk}
    added = post(editor, "/api/v1/dependencies/", pair)
    assert added.status_code == 201
    loop = post(editor, "/api/v1/dependencies/", {"predecessor": second.pk, "successor": first.pk})
    assert (loop.status_code, loop.json()["code"]) == (409, "dependency_refused")
    assert post(editor, "/api/v1/dependencies/", pair).json()["code"] == "dependency_refused"
    assert editor.delete(f"/api/v1/dependencies/{added.json()['id']}/").status_code == 204
    assert not Dependency.objects.exists()


def test_my_work_holds_mine(editor, viewer, task):
    task.assignees.add(editor.user)
    mine = editor.get("/api/v1/my-work/").json()
    assert [(each["kind"], each["id"], each["name"]) for each in mine["undated"]] == [("task", task.pk, str(task))]
    assert not any(viewer.get("/api/v1/my-work/").json().values())


def test_notices_are_read_by_their_reader_alone(editor, viewer):
    notify(recipients=[editor.user], key="one", subject="First", text="x")
    (notice,) = editor.get("/api/v1/notices/").json()["results"]
    assert viewer.get("/api/v1/notices/").json()["results"] == []
    assert viewer.post(f"/api/v1/notices/{notice['id']}/read/").status_code == 404
    assert editor.post(f"/api/v1/notices/{notice['id']}/read/").json()["read_at"] is not None


def test_saved_views_are_shared_or_not(editor, viewer, document):
    body = {"list": "roadmap.task", "name": "Late", "query": "target=overdue"}
    private = post(editor, "/api/v1/saved-views/", body)
    shared = post(editor, "/api/v1/saved-views/", body | {"name": "Late, ours", "is_shared": True})
    assert (private.status_code, shared.status_code) == (201, 201)
    assert (
        post(editor, "/api/v1/saved-views/", body | {"name": "X", "query": "colour=red"}).json()["code"]
        == "view_refused"
    )
    assert [each["name"] for each in viewer.get("/api/v1/saved-views/").json()["results"]] == ["Late, ours"]
    assert viewer.delete(f"/api/v1/saved-views/{private.json()['id']}/").status_code == 404
    assert viewer.delete(f"/api/v1/saved-views/{shared.json()['id']}/").status_code == 409
    assert editor.delete(f"/api/v1/saved-views/{private.json()['id']}/").status_code == 204
