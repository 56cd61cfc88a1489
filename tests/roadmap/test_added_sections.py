"""Milestones, work items and risks that were added here get a place in the document, with all that is below them."""

from datetime import date
from difflib import ndiff

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.catalog.models import Team
from apps.roadmap.models import CostLine, Criterion, Document, Milestone, Mitigation, Risk, Task, WorkItem
from apps.roadmap.services.exporting import plan_export
from apps.roadmap.services.importing import import_document
from tests.roadmap import seeds, test_other_shapes
from tests.roadmap.adding import TEXT, added, exported, load, written
from tests.thoroughness import inputs

WHEN = {"target_starts_on": date(2027, 2, 1), "target_on": date(2027, 2, 1)}
FIRE = """   ```
   Risk: It burns
   Impact: All is lost
   Likelihood: Low
   Severity: High
   Owner: Night watch
   Mitigation:
   - Water
   - Sand
   ```
"""


@pytest.fixture
def team(db):
    return Team.objects.create(name="Night watch")


def add_cutover(service, team, **fields):
    milestone = added(Milestone, service, title="Cutover", claim="in_progress", objectives="Move it", **WHEN, **fields)
    task = added(Task, service, milestone=milestone, text="Move the data", claim="done")
    for each in (milestone, task):
        each.owners.add(team)
    added(Task, service, milestone=milestone, parent=task, text="Copy it first")
    added(Criterion, service, milestone=milestone, text="No row is lost")
    rehearsal = added(WorkItem, service, milestone=milestone, title="Rehearse", effort="2 days")
    added(Task, service, work_item=rehearsal, milestone=milestone, text="Invite people")
    return milestone


def add_fire(service, team, *measures, **fields):
    risk = added(Risk, service, title="Fire", **fields)
    risk.owners.add(team)
    for position, text in enumerate(measures):
        Mitigation.objects.create(risk=risk, text=text, position=position)
    return risk


def put_in(before: str, after: str) -> str:
    """The lines that came, none having gone."""
    lines = list(ndiff(before.splitlines(), after.splitlines()))
    assert not [line for line in lines if line.startswith("- ")]
    return "\n".join(line[2:] for line in lines if line.startswith("+ "))


def test_a_milestone_follows_the_last_one_with_all_that_stands_under_it(service, team):
    load(service)
    milestone = add_cutover(service, team)

    assert (
        put_in(TEXT, written(service)).strip()
        == """## M3 Cutover
- [~] Owner: Night watch  Target: 2027-02-01
- Objectives: Move it
- Tasks
  - [x] Move the data (owner: Night watch)
    - [ ] Copy it first
- Acceptance
  - [ ] No row is lost

### 1. Rehearse
- Effort: 2 days
- Tasks
  - [ ] Invite people"""
    )
    milestone.refresh_from_db()
    assert (milestone.code, milestone.document) == ("M3", Document.objects.get())
    assert Task.objects.get(text="Copy it first").parent.text == "Move the data"


def test_its_own_code_stays_and_the_next_one_takes_another(service):
    load(service)
    added(Milestone, service, title="Alpha", code="M3")
    added(Milestone, service, title="Beta")

    assert "## M3 Alpha\n\n## M4 Beta\n\n## 1. Queue" in written(service)


def test_labels_are_bold_where_the_others_are(service, team):
    text = "# Road\n\n## Phase A: Build\n\n**Owner:** Core\n**Target:** 2026-03-02\n\n- [ ] Build it\n\n## Notes\n"
    load(service, text)
    milestone = added(Milestone, service, title="Ship", kind="phase", claim="done", **WHEN)
    milestone.owners.add(team)
    added(Task, service, milestone=milestone, text="Ship it")
    added(Criterion, service, milestone=milestone, text="It floats")

    new = """## Phase B: Ship

**Status:** Done
**Owner:** Night watch
**Target:** 2027-02-01

- [ ] Ship it

**Acceptance criteria:**

- [ ] It floats

## Notes"""
    assert written(service) == text.replace("## Notes", new)


def test_in_a_table_it_is_a_row_with_its_values_in_their_columns(service, team):
    text = """# Road

| # | Milestone | Owner | Due | Status | Link |
|---|---|---|---|---|---|
| L1 | Pilot | Core | 2026-01-30 | done | [1](https://example.org/1) |
| L2 | All \\| regions | Core | 2026-03-13 | to do | |
"""
    load(service, text)
    milestone = added(Milestone, service, title="Old | off", claim="in_progress", **WHEN)
    milestone.owners.add(team)

    assert written(service) == text + "| L3 | Old \\| off | Night watch | 2027-02-01 | in progress | |\n"
    milestone.refresh_from_db()
    assert (milestone.code, milestone.title) == ("L3", "Old | off")


def test_work_items_go_on_counting_and_one_under_a_milestone_stands_in_it(service):
    load(service)
    added(WorkItem, service, title="Index", effort="3 days")
    added(WorkItem, service, title="Rehearsal", milestone=Milestone.objects.get(code="M2"))

    text = written(service)
    assert "| Choose one | QA | todo |\n\n## 3. Index\n\n- Effort: 3 days\n\n## Risks" in text
    assert "  - [ ] Announce it\n\n### 1. Rehearsal\n\n## 1. Queue" in text
    assert WorkItem.objects.get(title="Rehearsal").milestone.code == "M2"


def test_items_of_a_list_are_followed_by_one(service, team):
    text = """# Road

## Phase 1: Build

1. **Secure it**
   - [ ] Lock the door
2. **Watch it**
   - [ ] Look at it
"""
    load(service, text)
    item = added(WorkItem, service, title="Tend it", milestone=Milestone.objects.get())
    added(Task, service, work_item=item, milestone=item.milestone, text="Water it")

    assert written(service) == text + "3. **Tend it**\n   - Tasks\n     - [ ] Water it\n"


def test_risks_are_written_as_the_others_are_and_counted_on(service, team):
    load(service)
    add_fire(service, team, "Water", "Sand", description="It burns", impact="All is lost", severity="high",
             likelihood="low")  # fmt: skip
    added(Risk, service, title="Flood")

    assert f"   ```\n2. **Fire**\n{FIRE}3. **Flood**\n   ```\n   Risk: Flood\n   ```\n\n## Costs" in written(service)


def test_the_first_risk_opens_a_section(service, team):
    text = "# Road\n\n## M1 Build\n\n- [ ] Build it\n"
    load(service, text)
    add_fire(service, team, "Water", "Sand", description="It burns", impact="All is lost", severity="high",
             likelihood="low")  # fmt: skip

    assert written(service) == f"{text}\n## Risks\n\n1. **Fire**\n{FIRE}"


def test_in_a_list_of_risks_its_values_stand_below_it(service, team):
    text = "# Road\n\n## Risks\n\n- **Flood**\n  - Likelihood: High\n  - Mitigation: a pump\n"
    load(service, text)
    add_fire(service, team, "Water", "Sand", impact="All is lost")

    new = "- **Fire**\n  - Impact: All is lost\n  - Owner: Night watch\n  - Mitigation: Water\n  - Mitigation: Sand\n"
    assert written(service) == text + new


def test_in_a_table_of_risks_it_says_what_there_are_columns_for(service, team):
    text = """# Road

## Risks

| Risk | Likelihood | Impact | Mitigation | Owner |
|---|---|---|---|---|
| Flood | High | Medium | A pump | Core |
"""
    load(service, text)
    add_fire(service, team, "Water", likelihood="low", severity="critical")

    assert written(service) == text + "| Fire | Low | Critical | Water | Night watch |\n"


def test_what_a_row_has_no_column_for_is_named(service, team):
    text = "# Road\n\n## Risks\n\n| Risk | Likelihood | Impact |\n|---|---|---|\n| Flood | High | The cellar |\n"
    load(service, text)
    add_fire(service, team, "Water", "Sand", impact="All", severity="high")

    plan = exported(service)
    assert plan.content.decode() == f"{text}| Fire | | All |\n"
    assert [str(each) for each in plan.left_out] == [
        f"{name} of “Fire”: the document has no place for it." for name in ("severity", "owners", "mitigations")
    ]


def test_a_risk_of_one_cell_is_renamed_there_and_its_description_left_out(service):
    text = "# Road\n\n## Risks\n\n| Risk | Likelihood | Impact |\n|---|---|---|\n| Flood | High | Wet |\n"
    load(service, text)
    Risk.objects.update(title="High water", description="The river rises", impact="Wet feet")

    plan = plan_export(Document.objects.get())
    assert plan.content.decode() == text.replace("Flood | High | Wet", "High water | High | Wet feet")
    assert [str(each) for each in plan.left_out] == [
        "Line 7: description of “High water”: the document has no place for it."
    ]


def test_a_milestone_that_no_heading_would_be_read_as_is_named_with_what_is_below_it(service):
    text = "# Road\n\n## Week 1 (first things)\n\n- [ ] Build it\n"
    load(service, text)
    milestone = added(Milestone, service, title="Calm")
    added(Task, service, milestone=milestone, text="Breathe")

    plan = plan_export(Document.objects.get())
    assert plan.content.decode() == text
    assert [str(each) for each in plan.left_out] == [
        "milestone “Calm”, added here: the document would not be read as having it; a code, such as M1, may help.",
        "task “Breathe”, added here: the document has no place for it.",
    ]

    Milestone.objects.filter(pk=milestone.pk).update(code="M1")
    assert put_in(text, written(service)) == "\n## M1: Calm\n- Tasks\n  - [ ] Breathe"


def test_one_with_a_target_is_known_by_it(service, team):
    text = "# Road\n\n## Week 1 (first things)\n\n- [ ] Build it\n"
    load(service, text)
    add_cutover(service, team)

    assert "\n## Cutover\n\n- Status: In progress  Owner: Night watch  Target: 2027-02-01\n" in written(service)


def test_one_that_cannot_be_written_keeps_no_other_from_it(service):
    text = "# Road\n\n| Milestone | Owner | Due |\n|---|---|---|\n| Pilot | Core | 2026-01-30 |\n"
    load(service, text)
    added(WorkItem, service, title="Of a row", milestone=Milestone.objects.get())
    added(Milestone, service, title="Launch")

    plan = exported(service)
    assert plan.content.decode() == text + "| Launch | | |\n"
    assert [str(each) for each in plan.left_out] == [
        "work item “Of a row”, added here: the document has no place for it."
    ]


def test_what_stands_under_nothing_goes_to_the_first_document_of_the_service(service):
    first = load(service).document
    second = import_document(service=service, name="second.md", raw=b"# More\n\n## M7 Later\n\n- [ ] Wait\n").document
    added(Milestone, service, title="Calm")
    added(Task, service, milestone=Milestone.objects.get(code="M7"), text="Wait more")

    assert "Calm" in plan_export(first).content.decode()
    text = plan_export(second).content.decode()
    assert "Calm" not in text
    assert "- [ ] Wait\n- [ ] Wait more\n" in text


def test_steps_of_new_tasks_go_along_with_theirs(service):
    load(service)
    task = added(Task, service, milestone=Milestone.objects.get(code="M2"), text="New")
    step = added(Task, service, parent=task, text="Its step")
    added(Task, service, parent=step, text="The step of that")

    text = written(service)
    assert "  - [ ] Announce it\n  - [ ] New\n    - [ ] Its step\n      - [ ] The step of that\n" in text


def test_a_step_is_not_written_under_another_task_of_the_same_line(service):
    load(service, "# Road\n\n## M1 A\n\n- [ ] A; [ ] b\n")
    added(Task, service, parent=Task.objects.get(text="b"), text="c")

    before = Document.objects.get().newest_revision.raw
    plan = exported(service)
    assert (bytes(before).decode() == plan.content.decode()) == bool(plan.left_out)


def test_a_step_and_a_task_at_one_place_are_both_written(service):
    load(service, "# Road\n\n## M1 A\n\n- [ ] A\n")
    added(Task, service, milestone=Milestone.objects.get(), text="New")
    added(Task, service, parent=Task.objects.get(text="A"), text="step")

    assert written(service) == "# Road\n\n## M1 A\n\n- [ ] A; [ ] step\n- [ ] New\n"


def test_a_work_item_inside_the_last_milestone_comes_before_one_behind_it(service):
    load(service, "# Road\n\n## M1 A\n\n- [ ] A\n")
    added(WorkItem, service, title="Loose")
    added(WorkItem, service, title="Inside", milestone=Milestone.objects.get())

    assert written(service).endswith("- [ ] A\n\n### 1. Inside\n\n## 1. Loose\n")


def test_several_criteria_share_the_list_that_the_first_opens(service):
    load(service, "# Road\n\n## M1 A\n\n- [ ] A\n")
    for number in (1, 2, 3):
        added(Criterion, service, milestone=Milestone.objects.get(), text=f"It holds {number}")

    assert written(service).count("Acceptance") == 1


def test_what_nobody_said_is_marked_so(service):
    load(service)
    added(Task, service, milestone=Milestone.objects.get(code="M2"), text="Hm", claim="unknown")

    assert "  - [?] Hm\n" in written(service)
    assert Task.objects.get(text="Hm").claim == "unknown"


def test_what_stands_under_something_vanished_is_named(service):
    load(service)
    added(Task, service, parent=Task.objects.get(text="Announce it"), text="step")
    added(WorkItem, service, title="Inside", milestone=Milestone.objects.get(code="M2"))
    load(service, TEXT.replace("## M2 Launch\n- Tasks\n  - [ ] Announce it\n\n", ""))

    plan = plan_export(Document.objects.get())
    assert [str(each) for each in plan.left_out] == [
        "task “step”, added here: the document has no place for it.",
        "work item “Inside”, added here: the document has no place for it.",
    ]


def test_a_task_cannot_be_a_step_of_its_own_step(service):
    load(service)
    task = Task.objects.get(text="Announce it")
    step = added(Task, service, parent=task, text="step")
    task.parent = step
    with pytest.raises(ValidationError, match="one of its own steps"):
        task.full_clean()
    with pytest.raises(IntegrityError, match="not_under_itself"), transaction.atomic():
        Task.objects.filter(pk=task.pk).update(parent=task)

    Task.objects.filter(pk=task.pk).update(parent=step, document=None)  # as only two at once can make it
    assert plan_export(Document.objects.get()).content


@pytest.mark.parametrize("words", ["Another thing altogether", "Announce something"])
def test_what_was_reworded_here_is_known_again_in_the_export(service, words):
    load(service)
    Task.objects.filter(text="Announce it").update(text=words)
    known = Task.objects.get(text=words).pk
    added(Task, service, milestone=Milestone.objects.get(code="M2"), text="Announce it", claim="done")

    written(service)
    assert (Task.objects.get(pk=known).text, Task.objects.get(pk=known).claim) == (words, "todo")


def test_a_milestone_renamed_here_keeps_what_is_under_it(service):
    load(service)
    Milestone.objects.filter(code="M2").update(title="Take-off")
    queue = WorkItem.objects.get(title="Queue")
    WorkItem.objects.filter(pk=queue.pk).update(title="Wholly else")
    added(WorkItem, service, title="Queue", claim="done")
    added(Task, service, work_item=queue, text="Drain it")

    written(service)
    assert Task.objects.get(text="Announce it").milestone.title == "Take-off"
    assert set(WorkItem.objects.get(pk=queue.pk).tasks.values_list("text", flat=True)) == {
        "Add Redis", "Add a worker", "Drain it"
    }  # fmt: skip


def test_a_title_that_would_be_read_otherwise_is_left_as_it_is(service):
    text = "# Road\n\n## Week 1\n\n- [ ] Build it\n"
    load(service, text)
    Milestone.objects.update(title="Renamed thing")

    plan = plan_export(Document.objects.get())
    assert plan.content.decode() == text
    assert [str(each) for each in plan.left_out] == [
        "Line 3: title of “Renamed thing”: the document has no place for it."
    ]


def test_of_twins_the_one_with_the_code_is_known_by_it(service):
    load(service, "# Road\n\n## Week 1 (first things)\n\n- [ ] Build it\n")
    added(Milestone, service, title="Calm")
    coded = added(Milestone, service, title="Calm", code="M1")
    plan = plan_export(Document.objects.get())
    load(service, plan.content.decode())

    coded.refresh_from_db()
    assert (coded.document, len(plan.left_out)) == (Document.objects.get(), 1)


@pytest.mark.parametrize("line", ["- **Flood**: it is wet. Mitigation: pump", "- Flood: high", "- **Flood**"])
def test_the_words_about_another_risk_are_not_copied(service, line):
    text = f"# Road\n\n## Risks\n\n{line}\n"
    load(service, text)
    added(Risk, service, title="Fire")

    assert put_in(text, written(service)) == ("- **Fire**" if "**" in line else "- Fire")


def test_the_signs_of_a_neighbour_are_not_copied(service):
    text = "# Road\n\n### 1. Mow it\n\n- [ ] Mow\n\n### 2. 🔴 Tend it\n\n- [ ] Tend\n"
    load(service, text)
    added(WorkItem, service, title="New")

    assert put_in(text, written(service)).strip() == "### 3. New"
    assert WorkItem.objects.get(title="New").priority == ""


def test_amounts_that_the_words_of_a_cost_do_not_say_are_named(service):
    load(service)
    added(CostLine, service, label="Mail", amount_minimum=5, amount_maximum=9, currency="USD", period="month")

    plan = exported(service)
    assert "- Redis: ~$10-15/month\n- Mail\n" in plan.content.decode()
    assert {str(each).split(" of ")[0] for each in plan.left_out} >= {
        "amount minimum", "amount maximum", "currency", "period"
    }  # fmt: skip


def test_words_of_several_lines_stand_in_one(service, team):
    load(service)
    add_fire(service, team, "Water\nor foam", description="It burns\nbrightly")
    added(Milestone, service, title="Calm", objectives="Rest\nand breathe")

    text = written(service)
    assert "   - Water or foam\n" in text
    assert "- Objectives: Rest and breathe\n" in text


def test_long_lists_keep_what_is_below_their_items(service):
    load(service)
    for number in range(12):
        added(Risk, service, title=f"Fire {number}", impact="All is lost")

    assert "\n10. **Fire 8**\n    ```\n    Risk: Fire 8\n" in written(service)


def test_many_additions_of_which_some_cannot_be_written_take_a_bounded_number_of_readings(service):
    load(service)
    milestone = Milestone.objects.get(code="M2")
    for number in range(60):
        added(Task, service, milestone=milestone, text=f"T {number}" + "; [x] no" * (number % 7 == 0))

    plan = plan_export(Document.objects.get())
    assert len(plan.left_out) == 9
    assert "- [ ] T 59\n" in plan.content.decode()


@pytest.mark.parametrize("name", test_other_shapes.NAMES)
def test_everything_added_to_other_shapes_is_written_or_named(service, team, name):
    _add_everything_to(service, team, test_other_shapes.raw(name))


@seeds.needs_seeds
@pytest.mark.parametrize("name", seeds.NAMES)
def test_everything_added_to_the_five_documents_is_written_or_named(service, team, name):
    _add_everything_to(service, team, seeds.raw(name))


def _add_everything_to(service, team, raw):
    before = raw.decode()
    load(service, before)
    add_cutover(service, team)
    added(WorkItem, service, title="Loose thing", priority="high")
    add_fire(service, team, "Water", "Sand", impact="All is lost", severity="high")
    plan = exported(service)

    new = put_in(before, plan.content.decode())
    named = "\n".join(str(each) for each in plan.left_out)
    for title in ("Cutover", "Move the data", "Copy it first", "No row is lost", "Rehearse", "Loose thing", "Fire"):
        assert (title in new) != (f"“{title}”, added here" in named)
    assert "Fire" in new


@st.composite
def additions(draw):
    """Which of some rows are added, under which others."""
    kinds = st.sampled_from([Milestone, WorkItem, Task, Criterion, Risk])
    return [(draw(kinds), draw(st.integers(0, 9))) for _ in range(draw(st.integers(1, 6)))]


def _add_at_random(service, several):
    parents = [*Milestone.objects.order_by("position"), *WorkItem.objects.order_by("position")]
    for number, (kind, place) in enumerate(several):
        fields = {"text" if kind in (Task, Criterion) else "title": f"Thing {number}"}
        parent = parents[place % len(parents)]
        if kind in (Task, Criterion):
            fields["work_item" if isinstance(parent, WorkItem) else "milestone"] = parent
        elif kind is WorkItem and isinstance(parent, Milestone):
            fields["milestone"] = parent
        row = added(kind, service, **fields)
        parents += [row] if kind in (Milestone, WorkItem) else []


@given(several=additions())
@settings(max_examples=inputs(100))
def test_whatever_is_added_an_import_of_the_export_changes_nothing(service, several):
    with transaction.atomic():
        load(service)
        _add_at_random(service, several)
        assert put_in(TEXT, exported(service).content.decode())
        transaction.set_rollback(True)
