"""What one person has to do, across services."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.catalog.models import Team
from apps.catalog.services import ensure_service
from apps.common.clock import now
from apps.dashboards.selectors.my_work import my_work
from apps.roadmap.models import Binding, Criterion, Milestone, Risk, Task
from tests.dashboards.voyage import sail
from tests.pages import read_page


@pytest.fixture
def team(sam):
    team = Team.objects.create(name="Core")
    team.members.add(sam)
    return team


def owned(kind, team, **values):
    entry = kind.objects.create(**values)
    entry.owners.add(team)
    return entry


def work_of(sam):
    return my_work(person=sam, at=now())


def test_what_is_mine_or_my_teams_is_sorted_by_its_date(service, sam, team, olga):
    today = now().date()
    other = ensure_service(slug="mail", name="Mail", tier="B")
    late = owned(Task, team, service=service, text="Late", target_on=today - timedelta(days=1))
    due = Milestone.objects.create(service=other, title="Due", target_on=today)
    due.assignees.add(sam)
    last = Task.objects.create(service=service, text="In 14 days", target_on=today + timedelta(days=14))
    last.assignees.add(sam)
    owned(Task, team, service=service, text="In 15 days", target_on=today + timedelta(days=15))
    owned(Task, team, service=service, text="Done", claim="done", target_on=today - timedelta(days=9))
    owned(Task, team, service=service, text="Gone", target_on=today, orphaned_at=now())
    undated = owned(Task, team, service=service, text="Some day")
    hers = Task.objects.create(service=service, text="Hers", target_on=today)
    hers.assignees.add(olga)

    work = work_of(sam)
    assert (list(work.overdue), list(work.soon), list(work.undated)) == ([late], [due, last], [undated])


def test_what_is_mine_twice_is_shown_once(service, sam, team):
    task = owned(Task, team, service=service, text="Late")
    task.assignees.add(sam)
    Team.objects.create(name="Other").members.add(sam)

    assert list(work_of(sam).undated) == [task]


def test_criteria_that_are_disproved_come_with_their_reason(environment, sam):
    voyage = sail(environment, now=now())
    for criterion in Criterion.objects.all():
        criterion.assignees.add(sam)
    work = work_of(sam)

    assert [status.standing.value for status in work.disproved] == ["contradicted", "decayed"]
    assert all(status.reason for status in work.disproved)
    assert voyage.service == work.disproved[0].criterion.service


def test_suggestions_are_for_those_who_may_accept_them(service, sam, team):
    criterion = owned(Criterion, team, service=service, text="Restored")
    binding = Binding.objects.create(criterion=criterion, verifier_key="backups.restore_drill")
    assert work_of(sam).suggestions == []

    sam.groups.add(Group.objects.get(name="approver"))
    sam = type(sam).objects.get(pk=sam.pk)
    assert work_of(sam).suggestions == [binding]


def test_open_risks_are_work(service, sam, team):
    risk = owned(Risk, team, service=service, title="One disk")
    owned(Risk, team, service=service, title="Gone", status="mitigated")

    assert work_of(sam).risks == [risk]


def test_the_page_takes_the_same_number_of_queries_for_any_number_of_services(client, environment, sam, team):
    sam.groups.add(Group.objects.get(name="approver"))

    def add(slug):
        voyage = sail(ensure_service(slug=slug, name=slug, tier="B").environments.get(), now=now())
        for kind in (Criterion, Milestone, Task, Risk):
            for entry in kind.objects.filter(service=voyage.service):
                entry.assignees.add(sam)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            response = client.get("/admin/my-work/")
        assert read_page(response).refused == []
        return len(captured)

    client.force_login(sam)
    add("one")
    queries()
    few = queries()
    for number in range(3):
        add(f"more-{number}")
    assert queries() == few


def test_who_has_nothing_to_do_is_told_why(client, sam):
    client.force_login(sam)
    assert "Nothing waits for you" in client.get("/admin/my-work/").content.decode()
