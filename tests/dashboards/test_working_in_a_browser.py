"""The working surface in a real browser: policy, phones, colours, keys."""

from datetime import timedelta

import pytest

from apps.accounts.services import notify
from apps.common.clock import now
from apps.dashboards.services.saved_views import save_view
from apps.roadmap.models import Label, Milestone, Task
from apps.roadmap.services.discussing import add_comment
from apps.roadmap.services.linking import add_dependency, add_link
from apps.roadmap.services.tracking import BulkChange, change_entries
from tests.dashboards.test_in_a_browser import FAINT_TEXTS, OVERFLOW

pytestmark = pytest.mark.browser


@pytest.fixture
def addresses(client, olga, sam, voyage):
    client.force_login(olga)
    first, second = Milestone.objects.order_by("position")[:2]
    labels = [
        Label.objects.create(name=name, colour=colour) for name, colour in (("night shift", "sea"), ("audit", "doubt"))
    ]
    change = BulkChange(add_people=[olga, sam], add_labels=labels, target_on=(now() + timedelta(days=3)).date())
    change_entries(entries=Task.objects.all(), change=change, actor=sam)
    change_entries(entries=Milestone.objects.filter(pk=first.pk), change=BulkChange(add_people=[olga]), actor=olga)
    Task.objects.update(effort="1-2 days")
    add_dependency(predecessor=first, successor=second)
    add_link(entry=second, url="https://example.org/runbook", kind="runbook", title="Runbook")
    add_comment(entry=second, text="@olga: who rehearses the rollback?", author=sam)
    notify(recipients=[olga], key="x", subject="The drill failed", text="Two tables differ.", path="/admin/")
    save_view(owner=olga, of="roadmap.task", name="Due soon", query="target=soon")
    task = Task.objects.first()
    return {
        "tasks": "/admin/roadmap/task/?target=soon",
        "milestones": "/admin/roadmap/milestone/",
        "criteria": "/admin/roadmap/criterion/",
        "risks": "/admin/roadmap/risk/",
        "milestone": f"/admin/roadmap/milestone/{second.pk}/change/",
        "history": f"/admin/roadmap/task/{task.pk}/history/",
        "my-work": "/admin/my-work/",
        "notices": "/admin/notices/",
    }


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_keeps_to_the_policy_fits_a_phone_and_can_be_read(visit, addresses, theme):
    for name, address in addresses.items():
        opened = visit(address, width=390, theme=theme)
        assert opened.evaluate("violations") == [], name
        assert opened.evaluate(OVERFLOW) <= 0, name
        assert opened.evaluate(FAINT_TEXTS) == [], name


def test_a_list_is_worked_with_from_the_keyboard(visit, addresses):
    page = visit("/admin/roadmap/task/")
    page.keyboard.press("?")
    assert page.get_by_role("dialog", name="Keyboard").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("k")
    boxes = page.locator("#result_list .action-select")
    chosen = [boxes.nth(number).is_checked() for number in range(3)]
    assert chosen == [False, True, False]
    assert page.locator("tr.at-hand").count() == 1

    page.keyboard.press("/")
    page.keyboard.type("jx?")
    assert page.locator("#searchbar").input_value() == "jx?"
    page.keyboard.press("Tab")
    page.locator("#searchbar").blur()
    page.keyboard.press("g")
    page.keyboard.press("m")
    page.wait_for_url("**/admin/my-work/")
    assert page.evaluate("violations") == []


def test_the_page_of_a_bulk_change_can_be_read_on_a_phone(visit, addresses):
    finished = Task.objects.filter(claim="done").count()
    page = visit("/admin/roadmap/task/?claim__exact=todo", width=390)
    page.locator(".action-select").first.check()
    page.locator("select[name=action]").select_option("change_several")
    page.get_by_role("button", name="Go", exact=True).click()
    page.get_by_role("heading", name="Change several at once").wait_for()
    assert page.evaluate(OVERFLOW) <= 0
    assert page.evaluate("violations") == []
    page.get_by_label("Claim").select_option("done")
    with page.expect_response(lambda response: response.request.method == "POST") as answer:
        page.get_by_role("button", name="Change", exact=True).click()
    assert answer.value.status == 302
    assert Task.objects.filter(claim="done").count() == finished + 1
