"""What was added here and has no line yet gets one in the document's own manner, and is known again afterwards."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.catalog.models import Team
from apps.roadmap.engines.costs import read_amount, write_amount
from apps.roadmap.models import CostLine, Criterion, Milestone, Mitigation, Risk, Task, WorkItem
from apps.roadmap.services.exporting import plan_export
from tests.roadmap import seeds
from tests.roadmap.adding import TEXT, added, load, written


@pytest.fixture
def road(service):
    return load(service).document


def test_tasks_stand_below_the_last_of_their_siblings(road, service):
    milestone, queue, cache = Milestone.objects.get(code="M1"), *WorkItem.objects.order_by("position")
    added(Task, service, milestone=milestone, text="Rotate keys", claim="done")
    added(Task, service, milestone=milestone, text="Another | one")
    added(Task, service, work_item=queue, text="Add a dead letter queue")
    added(Task, service, work_item=cache, text="Fill it", claim="in_progress")

    assert written(service) == (
        TEXT.replace("    and keep it\n", "    and keep it\n  * [x] Rotate keys\n  * [ ] Another | one\n")
        .replace("2. [ ] Add a worker\n", "2. [ ] Add a worker\n3. [ ] Add a dead letter queue\n")
        .replace("| Choose one | QA | todo |\n", "| Choose one | QA | todo |\n| Fill it | | in progress |\n")
    )
    assert Task.objects.get(text="Fill it").document == road


def test_steps_stand_behind_their_task_or_below_it(road, service):
    added(Task, service, parent=Task.objects.get(text="Lock all deps"), text="audit them")
    added(Task, service, parent=Task.objects.get(text="Announce it"), text="write the words")

    text = written(service)
    assert "Lock **all** deps; [ ] watch them; [ ] audit them\n" in text
    assert Task.objects.get(text="write the words").parent.text == "Announce it"


def test_criteria_get_a_list_where_there_is_none(road, service):
    added(Criterion, service, milestone=Milestone.objects.get(code="M1"), text="Nobody was paged")
    added(Criterion, service, milestone=Milestone.objects.get(code="M2"), text="p95 < 300 ms")

    text = written(service)
    assert "  - [ ] Restore passes\n  - [ ] Nobody was paged\n" in text
    assert Criterion.objects.get(text="p95 < 300 ms").milestone.code == "M2"
    assert "  - [ ] Announce it\n- Acceptance\n  - [ ] p95 < 300 ms\n" in text


def test_owners_and_targets_without_a_line_get_one(road, service):
    team = Team.objects.create(name="Night watch")
    launch, queue = Milestone.objects.get(code="M2"), WorkItem.objects.get(title="Queue")
    launch.owners.set([team])
    queue.owners.set([team])
    Milestone.objects.filter(code="M2").update(
        target_starts_on=date(2027, 1, 1), target_on=date(2027, 3, 31), target_precision="quarter"
    )
    announcement = Task.objects.get(text="Announce it")
    announcement.owners.set([team, Team.objects.create(name="Day watch")])
    Task.objects.filter(pk=announcement.pk).update(target_on=date(2027, 2, 1))

    text = written(service)
    assert "## M2 Launch\n- Owner: Night watch  Target: Q1 2027\n- Tasks\n" in text
    assert "- [ ] Announce it (owner: Day watch + Night watch, due: 2027-02-01)\n" in text
    assert list(WorkItem.objects.get(title="Queue").owners.all()) == [team]


def test_a_missing_target_joins_the_owner(service):
    text = "## M1 A\n- [ ] Owner: Core\n- [ ] first\n\n## M2 B\n- [ ] Owner: Core  Target: 2026-01-01\n"
    load(service, text)
    Milestone.objects.filter(code="M1").update(target_starts_on=date(2026, 5, 1), target_on=date(2026, 5, 1))

    assert written(service) == text.replace("Owner: Core\n", "Owner: Core  Target: 2026-05-01\n", 1)


def test_mitigations_are_put_in_changed_and_taken_away(road, service):
    risk = Risk.objects.get()
    risk.mitigations.filter(text="A second vault").update(text="A third vault")
    risk.mitigations.filter(text="A printed key").delete()
    for position, text in enumerate(["A drill", "A guard"], start=5):
        Mitigation.objects.create(risk=risk, text=text, position=position)

    changed = "   - A third vault\n   - A drill\n   - A guard\n"
    assert written(service) == TEXT.replace("   - A second vault\n   - A printed key\n", changed)


def test_costs_are_changed_and_added(road, service):
    CostLine.objects.filter(label="Vault").update(amount_minimum=30, amount_maximum=30)
    CostLine.objects.filter(label="Redis").update(amount_minimum=12, amount_maximum=Decimal("18.50"))
    added(CostLine, service, label="Pager", text="Pager: $9/month", amount_minimum=9, amount_maximum=9, currency="USD",
          period="month")  # fmt: skip

    assert written(service) == (
        TEXT.replace("$26", "$30").replace("~$10-15/month\n", "~$12-18.5/month\n- Pager: $9/month\n")
    )


def test_what_cannot_stand_anywhere_is_left_out_with_the_reason(road, service):
    added(Task, service, text="Of nothing")
    WorkItem.objects.filter(title="Queue").update(number="7")
    plan = plan_export(road)

    assert [str(each) for each in plan.left_out] == [
        "Line 16: number of “7. Queue”: the document has no place for it.",
        "task “Of nothing”, added here: the document has no place for it.",
    ]
    assert plan.content.decode() == TEXT


def test_words_that_would_be_read_otherwise_are_left_out(road, service):
    added(Task, service, milestone=Milestone.objects.get(code="M2"), text="Announce; [x] it is done")
    plan = plan_export(road)

    assert plan.content.decode() == TEXT
    assert len(plan.left_out) == 1


def test_other_line_ends_and_no_final_newline_are_kept(service):
    text = TEXT.replace("\n", "\r\n").rstrip()
    load(service, text)
    added(CostLine, service, label="Pager", text="Pager: $9/month")

    assert written(service) == text + "\r\n- Pager: $9/month"


@seeds.needs_seeds
@pytest.mark.parametrize("name", seeds.NAMES)
def test_every_list_of_the_five_documents_takes_a_task(service, name):
    text = seeds.raw(name).decode()
    load(service, text)
    parents = {("work_item", task.work_item_id) for task in Task.objects.exclude(work_item=None)}
    parents |= {("milestone", task.milestone_id) for task in Task.objects.filter(work_item=None, milestone__gt=0)}
    for field, key in sorted(parents):
        added(Task, service, **{f"{field}_id": key}, text=f"A new thing of {field} {key}")
    lines = written(service).split("\n")

    assert [line for line in lines if "A new thing of" not in line] == text.split("\n")
    assert len(lines) == len(text.split("\n")) + len(parents)


@given(st.decimals(0, 99_999, places=2), st.decimals(0, 99_999, places=2))
def test_an_amount_that_was_written_reads_back(one, other):
    low, high = sorted((one, other))
    amount = read_amount(write_amount("Redis: ~$10-15/month", low, high))

    assert (amount.minimum, amount.maximum, amount.period) == (low, high, "month")
