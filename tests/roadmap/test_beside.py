"""What stands beside an entry on its page: comments, links, what it waits for, and its history."""

import pytest
from django.contrib.auth.models import Group

from apps.roadmap.models import Comment, Dependency, Milestone, Task
from apps.roadmap.selectors.versions import newest_version
from tests.pages import read_page
from tests.roadmap.test_tracker_admin import as_olga, document, page  # noqa: F401  fixtures


@pytest.fixture
def task(document):  # noqa: F811
    return Task.objects.get(text="Write runbook")


@pytest.fixture
def later(service):
    return Milestone.objects.create(service=service, code="M2", title="Go")


def act(client, entry, what, **fields):
    address = page(f"{entry._meta.model_name}_beside", entry.pk)
    return client.post(address, {"act": what} | fields, follow=True).content.decode()


def test_a_comment_is_written_corrected_and_taken_back(as_olga, olga, task):  # noqa: F811
    shown = act(as_olga, task, "comment", text="<b>Who</b> does it?")
    assert "&lt;b&gt;Who&lt;/b&gt; does it?" in shown
    key = Comment.objects.get().pk
    assert "Who will do it?" in act(as_olga, task, "edit-comment", id=key, text="Who will do it?")
    gone = act(as_olga, task, "delete-comment", id=key)
    assert "This comment was deleted" in gone
    assert "Who will" not in gone


def test_nobody_changes_a_comment_of_somebody_else(as_olga, client, sam, task):  # noqa: F811
    act(as_olga, task, "comment", text="Mine")
    sam.groups.add(Group.objects.get(name="editor"))
    client.force_login(sam)
    said = act(client, task, "delete-comment", id=Comment.objects.get().pk)
    assert "Only who wrote a comment can change or delete it." in said
    assert Comment.objects.get().text == "Mine"


def test_a_comment_is_reached_only_through_its_own_entry(as_olga, task):  # noqa: F811
    act(as_olga, task, "comment", text="Mine")
    other = Task.objects.exclude(pk=task.pk).first()
    assert "It is gone" in act(as_olga, other, "delete-comment", id=Comment.objects.get().pk)
    assert Comment.objects.get().text == "Mine"


def test_links_are_added_and_removed(as_olga, task):  # noqa: F811
    shown = act(as_olga, task, "link", url="https://example.org/pr/1", title="", kind="pull_request")
    assert 'href="https://example.org/pr/1"' in shown
    assert "Address: Enter a valid URL." in act(as_olga, task, "link", url="javascript:alert(1)", kind="other")
    assert 'href="javascript' not in act(as_olga, task, "unlink", id="0")


def test_a_milestone_waits_for_another_by_its_code(as_olga, document, later):  # noqa: F811
    first = Milestone.objects.get(code="M1")
    assert "M1 Safety" in act(as_olga, later, "wait", predecessor="m1")
    assert "That would close a loop" in act(as_olga, first, "wait", predecessor="M2 Go")
    assert "There is no milestone “M9”" in act(as_olga, later, "wait", predecessor="M9")
    act(as_olga, later, "stop-waiting", id=Dependency.objects.get().pk)
    assert not Dependency.objects.exists()


def test_a_milestone_says_how_much_work_it_is(as_olga, task):  # noqa: F811
    Task.objects.filter(text="Write runbook").update(effort="2 days", claim="done")
    Task.objects.filter(text="watch them").update(effort="4h")
    shown = as_olga.get(page("milestone_change", task.milestone_id)).content.decode()

    assert "2.5 days of work, 2 done; 1 of 3 tasks without an estimate" in shown
    assert "How it stands" in shown


@pytest.mark.parametrize("act_name", ["comment", "link", "wait", "nothing"])
def test_a_viewer_reads_and_adds_nothing(client, sam, task, later, act_name):
    sam.groups.add(Group.objects.get(name="viewer"))
    client.force_login(sam)
    entry = later if act_name == "wait" else task
    fields = {"act": act_name, "text": "Hello", "url": "https://example.org/", "kind": "other", "predecessor": "M1"}

    assert client.post(page(f"{entry._meta.model_name}_beside", entry.pk), fields).status_code == 403
    assert client.get(page(f"{entry._meta.model_name}_change", entry.pk)).status_code == 200
    assert client.get(page("task_beside", task.pk)).status_code == 403


def test_a_version_is_restored_from_the_history(as_olga, task):  # noqa: F811
    first = newest_version(task)
    Task.objects.get(pk=task.pk).save()
    task.text = "Worse"
    task.save()
    shown = as_olga.get(page("task_history", task.pk))
    assert read_page(shown).refused == []
    assert "<b>Text</b>: Write runbook → Worse" in shown.content.decode()

    as_olga.post(page("task_restore", task.pk, first), {"seen": newest_version(task)})
    assert Task.objects.get(pk=task.pk).text == "Write runbook"


@pytest.mark.parametrize("seen", ["", "0", "zwölf"])
def test_without_having_seen_the_newest_nothing_is_restored(as_olga, task, seen):  # noqa: F811
    first = newest_version(task)
    task.text = "Worse"
    task.save()
    response = as_olga.post(page("task_restore", task.pk, first), {"seen": seen}, follow=True)

    assert "no version" in response.content.decode()
    assert Task.objects.get(pk=task.pk).text == "Worse"


def test_a_viewer_restores_nothing(client, sam, task):
    sam.groups.add(Group.objects.get(name="viewer"))
    client.force_login(sam)
    version = newest_version(task)

    assert client.get(page("task_history", task.pk)).status_code == 200
    assert client.post(page("task_restore", task.pk, version), {"seen": version}).status_code == 403
    assert client.get(page("task_history", 999_999)).status_code == 404
