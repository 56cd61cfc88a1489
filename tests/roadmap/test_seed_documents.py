"""The importer against the truth: every count and every line of the five documents."""

from collections import Counter
from functools import cache

import pytest

from apps.roadmap.engines.entries import ParsedDocument
from apps.roadmap.engines.marks import MARK_BY_CLAIM, Claim
from apps.roadmap.engines.parser import parse_document
from apps.roadmap.engines.source import Span
from apps.roadmap.engines.splice import splice
from tests.roadmap import seeds

pytestmark = seeds.needs_seeds
each_document = pytest.mark.parametrize("name", seeds.NAMES)


@cache
def parsed(name: str) -> ParsedDocument:
    return parse_document(seeds.raw(name))


def lines_of(entries) -> list[int]:
    return sorted(entry.line for entry in entries)


@each_document
def test_every_count_is_the_true_one(name):
    document, truth = parsed(name), seeds.DOCUMENTS[name]["counts"]
    status = Counter(task.claim.value for task in document.tasks)

    assert document.title == seeds.DOCUMENTS[name]["title"]
    assert len(document.tasks) == truth["tasks_total"]
    assert {claim: status[claim] for claim in truth["tasks_by_status"]} == truth["tasks_by_status"]
    assert len(document.criteria) == truth["criteria_total"]
    assert len(document.risks) == truth["risks"]
    assert sum(1 for milestone in document.milestones if milestone.owners) == truth.get("owner_lines", 0)
    assert (
        sum(
            1
            for milestone in document.milestones
            if milestone.spans.get("target") and milestone.target and milestone.target.precision == "day"
        )
        == truth["target_dates"]
    )
    assert len(document.cost_lines) == truth.get("cost_lines_total", truth.get("cost_lines", 0))


@each_document
def test_every_entry_stands_on_its_true_line(name):
    document = parsed(name)

    assert lines_of(document.milestones) == seeds.lines(name, "milestones", "phases", "schedule_groups")
    assert lines_of(document.work_items) == seeds.lines(name, "work_items", "workstreams")
    assert lines_of(task for task in document.tasks if task.parent is None) == seeds.lines(name, "tasks")
    assert lines_of(document.criteria) == seeds.lines(name, "acceptance", "success_metrics", "success_criteria")
    assert lines_of(document.cost_lines) == seeds.lines(
        name, "cost_lines", "cost_table_rows", "cost_additions", "item_costs", "item_savings", "item_cost_comparison"
    )


@each_document
def test_every_part_of_a_risk_stands_on_its_true_line(name):
    risks = parsed(name).risks
    measures = [(risk.countermeasure_kind, measure.line) for risk in risks for measure in risk.countermeasures]

    assert lines_of(risks) == seeds.lines(name, "risk_items")
    assert [risk.risk_line for risk in risks] == seeds.lines(name, "risks")
    assert [risk.impact_line for risk in risks] == seeds.lines(name, "impacts")
    assert [risk.header_line for risk in risks] == seeds.lines(name, "mitigation_headers", "control_headers")
    assert [line for kind, line in measures if kind == "mitigation"] == seeds.lines(name, "mitigation_bullets")
    assert [line for kind, line in measures if kind == "control"] == seeds.lines(name, "control_bullets")


@each_document
def test_sections_and_labelled_values_stand_on_their_true_lines(name):
    document = parsed(name)
    roles = {
        role: [section.line for section in document.sections if section.role == role]
        for role in ("tier", "success_metric")
    }
    fields = {
        field_name: [field.line for field in document.fields if field.name == field_name]
        for field_name in ("effort", "objectives", "updated_on")
    }
    stated = seeds.lines(name, "current_state")

    assert roles["tier"] == seeds.lines(name, "priority_tiers", "priority_tier_headings")
    assert roles["success_metric"] == seeds.lines(name, "success_metric_lists")
    assert fields["effort"] == seeds.lines(name, "effort_lines")
    assert fields["objectives"] == seeds.lines(name, "objectives")
    assert fields["updated_on"] == seeds.lines(name, "document_dates")
    if stated:
        assert [item.line + 1 for item in document.work_items if item.current_state] == stated


@each_document
def test_what_stays_prose_is_remarked_under_its_label(name):
    remarks = parsed(name).remarks
    for kind, label in [
        ("files_to_update", "Files to Update"),
        ("files_to_create", "Files to Create"),
        ("recommended_platforms", "Recommended Platforms"),
        ("next_steps", "Next Steps"),
        ("overview", "Milestones Overview"),
        ("toc_links", "Table of Contents"),
    ]:
        assert [remark.line for remark in remarks if remark.label == label] == seeds.lines(name, kind)
    steps = seeds.lines(name, "incident_response_steps")
    assert [remark.line for remark in remarks if remark.line in steps] == steps


@each_document
def test_every_line_belongs_to_exactly_one_block(name):
    document = parsed(name)
    owned = [line for block in document.blocks for line in range(block.start_line, block.end_line + 1)]

    assert owned == list(range(1, seeds.DOCUMENTS[name]["structure"]["lines"] + 1))
    assert len(document.owners) == len(document.blocks)


@each_document
def test_text_and_bytes_are_kept(name):
    document, structure = parsed(name), seeds.DOCUMENTS[name]["structure"]

    assert document.source.encode(splice(document.source.text, [])) == seeds.raw(name)
    assert len(document.source.text) == structure["chars"]
    assert document.final_newline == structure["final_newline"]
    assert document.newline == "\n"


@each_document
def test_damage_is_repaired_and_genuine_characters_are_not(name):
    assert len(parsed(name).repairs) == seeds.DOCUMENTS[name]["encoding"]["mojibake_runs"]


def marked(document: ParsedDocument) -> list[tuple[str, Span, Claim]]:
    entries = [*document.milestones, *document.work_items, *document.tasks, *document.criteria]
    places = [(type(entry).__name__, entry.spans.get("mark"), entry.claim) for entry in entries]
    return [(kind, span, claim) for kind, span, claim in places if span and span[0] < span[1]]


def test_each_of_231_boxes_toggles_by_one_character():
    toggled = 0
    for name in seeds.NAMES:
        document, raw = parsed(name), seeds.raw(name)
        for _, span, claim in marked(document):
            other = Claim.TODO if claim == Claim.DONE else Claim.DONE
            changed = document.source.encode(splice(document.source.text, [(span, MARK_BY_CLAIM[other])]))
            assert len(changed) == len(raw)
            assert sum(1 for old, new in zip(raw, changed, strict=True) if old != new) == 1
            toggled += 1
    assert toggled == 231


@each_document
def test_a_document_with_every_box_toggled_reads_as_such(name):
    document = parsed(name)
    other = {Claim.DONE: Claim.TODO}
    changes = [(span, MARK_BY_CLAIM[other.get(claim, Claim.DONE)]) for _, span, claim in marked(document)]
    again = parse_document(document.source.encode(splice(document.source.text, changes)))

    assert [(kind, span, other.get(claim, Claim.DONE)) for kind, span, claim in marked(document)] == marked(again)


def test_milestones_carry_owner_date_and_claim():
    name = seeds.name_of("003")
    document, truth = parsed(name), seeds.DOCUMENTS[name]
    for milestone, known in zip(document.milestones, truth["milestones"], strict=True):
        assert f"{milestone.code} {milestone.title}" == known["title"]
        assert milestone.code == known["id"]
        assert milestone.mark == known["mark"]
        assert milestone.owner_text == known["owner"]
        assert milestone.target.start.isoformat() == known["target"]
    assert [milestone.status_line for milestone in document.milestones] == truth["lines"]["milestone_status_owner_date"]
    assert document.milestones[-1].owners == ("QA", "Platform/Infra")
    assert len(document.declared_roles) == 5
    assert (document.legend_line, document.declared_roles_line) == (
        truth["lines"]["status_legend"],
        truth["lines"]["declared_roles"],
    )


def test_inline_boxes_are_sub_tasks_of_the_task_before_them():
    name = seeds.name_of("003")
    document = parsed(name)
    inline = [task for task in document.tasks if task.parent is not None]

    assert [[task.line, task.mark, task.text] for task in inline] == seeds.DOCUMENTS[name]["lines"]["inline_subtasks"]
    assert [document.tasks[task.parent].line for task in inline] == [task.line for task in inline]


def test_a_criterion_with_stand_ins_is_flagged():
    name = seeds.name_of("003")
    flagged = [criterion.line for criterion in parsed(name).criteria if criterion.placeholders]

    assert flagged == seeds.DOCUMENTS[name]["contradictions"]["placeholder_criteria"]


def test_quarters_are_periods():
    targets = [milestone.target for milestone in parsed(seeds.name_of("001")).milestones]

    assert [target.precision for target in targets] == ["quarter"] * 4
    assert [target.start.month for target in targets] == [1, 4, 7, 10]


def test_priorities_come_from_tiers_and_are_not_inherited_by_neighbours():
    assert Counter(item.priority for item in parsed(seeds.name_of("004")).work_items) == {
        "critical": 10,
        "high": 15,
        "medium": 7,
    }
    assert [item.priority for item in parsed(seeds.name_of("002")).work_items][-4:] == [""] * 4
    assert Counter(item.priority for item in parsed(seeds.name_of("000")).work_items) == {
        "critical": 5,
        "high": 5,
        "medium": 5,
        "low": 1,
    }


def test_tasks_belong_to_their_work_item_or_period():
    truth = seeds.DOCUMENTS[seeds.name_of("002")]["counts"]
    in_items = Counter(task.work_item for task in parsed(seeds.name_of("002")).tasks)
    by_period = Counter(task.milestone for task in parsed(seeds.name_of("004")).tasks)

    assert [in_items[number] for number in range(16)] == truth["tasks_per_work_item"]
    assert in_items[None] == truth["tasks_in_deployment_checklist"]
    assert [by_period[number] for number in range(5)] == [6, 5, 4, 4, 5]


def test_a_check_mark_before_a_criterion_claims_nothing():
    for number in ("000", "004"):
        criteria = [
            criterion for criterion in parsed(seeds.name_of(number)).criteria if criterion.kind == "success_criterion"
        ]
        assert {(criterion.mark, criterion.claim) for criterion in criteria} == {("✅", Claim.UNKNOWN)}
