"""Lines of which a person said what they are: taken as that, whatever the rules would say."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from apps.roadmap.engines.blocks import Block, BlockKind
from apps.roadmap.engines.certainty import Rule
from apps.roadmap.engines.corrections import Becomes, Correction
from apps.roadmap.engines.dates import read_target
from apps.roadmap.engines.draft import Draft, Scope
from apps.roadmap.engines.entries import Criterion, Milestone, Owner, Risk, Task, WorkItem
from apps.roadmap.engines.marks import Claim, Mark, read_mark
from apps.roadmap.engines.measures import read_measures, read_placeholders
from apps.roadmap.engines.owners import split_owners
from apps.roadmap.engines.rules import sections
from apps.roadmap.engines.rules.containers import enter_milestone, enter_work_item
from apps.roadmap.engines.rules.criteria import add_criterion, take_criterion, take_labelled_criterion
from apps.roadmap.engines.rules.items import take_item
from apps.roadmap.engines.rules.lines import enter, read_line
from apps.roadmap.engines.rules.outlays import take_risk
from apps.roadmap.engines.rules.tasks import take_task
from apps.roadmap.engines.source import Span
from apps.roadmap.engines.tables import read_columns, read_rows
from apps.roadmap.engines.titles import CRITERION_KINDS, Role, read_heading

OWNERS = {
    Becomes.MILESTONE: Owner.MILESTONE,
    Becomes.WORK_ITEM: Owner.WORK_ITEM,
    Becomes.TASK: Owner.TASK,
    Becomes.STEP: Owner.TASK,
    Becomes.CRITERION: Owner.CRITERION,
    Becomes.RISK: Owner.RISK,
}
NAMES = {Becomes.TASK: "text", Becomes.STEP: "text", Becomes.CRITERION: "text"}


def offer_corrected(draft: Draft, block: Block, offer: Callable[[Draft, Block], None]) -> None:
    """Take a block that holds corrected lines. What a person did not speak of, the rules take as ever."""
    first = draft.corrected.get(block.start_line)
    if first and block.kind == BlockKind.LIST_ITEM:
        _take_item_as(draft, block, first.becomes)
    elif first and block.kind == BlockKind.PARAGRAPH and first.becomes == Becomes.PROSE:
        draft.close_label(block)
    else:
        offer(draft, block)
    for line in range(block.start_line, block.end_line + 1):
        if line in draft.corrected:
            _settle(draft, block, line, draft.corrected[line].becomes)


def apply_values(draft: Draft) -> None:
    """Put what a person typed in place of what was read, once everything is read."""
    for line, correction in draft.corrected.items():
        entries = _entries_as(draft, correction.becomes)
        for at, entry in enumerate(entries):
            if _is_at(entry, line):
                entries[at] = replace(_with_values(entry, correction), rule=Rule.PERSON, doubts=())
                break


def _take_item_as(draft: Draft, block: Block, becomes: Becomes) -> None:
    line = read_line(draft, block)
    if line is None:
        return
    scope = replace(line.scope, is_inside_entry=False, risk=None)
    if becomes == Becomes.PROSE:
        enter(draft, line, line.scope.titled(line.shown.text))
    elif becomes == Becomes.MILESTONE:
        enter_milestone(draft, line)
    elif becomes == Becomes.WORK_ITEM:
        enter_work_item(draft, line)
    elif becomes == Becomes.CRITERION:
        take_labelled_criterion(draft, line) or take_criterion(draft, replace(line, scope=_as_criterion(scope)))
        if line.scope.role not in CRITERION_KINDS:  # of the items below nobody said that they are criteria
            enter(draft, line, line.scope.titled(line.shown.text, is_inside_entry=True))
    elif becomes != Becomes.RISK:
        take_task(draft, replace(line, scope=replace(scope, role=Role.TASKS)))
    elif line.item.ordinal in draft.items_with_risks:
        take_item(draft, block)
    else:
        take_risk(draft, replace(line, mark=None, scope=replace(scope, role=Role.RISKS)))


def _as_criterion(scope: Scope) -> Scope:
    return scope if scope.role in CRITERION_KINDS else replace(scope, role=Role.ACCEPTANCE)


def _settle(draft: Draft, block: Block, line: int, becomes: Becomes) -> None:
    """Let the line hold what a person called it, once, and nothing else."""
    wanted = None if becomes == Becomes.PROSE else _entries_as(draft, becomes)
    for entries in _all_entries(draft):
        if entries is not wanted:
            entries[:] = [entry for entry in entries if not _is_at(entry, line)]
    if wanted is not None and not _is_about_risk_below(draft, block, becomes):
        if not any(_is_at(entry, line) for entry in wanted):
            _add(draft, block, line, becomes)
        if becomes == Becomes.STEP:
            _put_below_the_task_above(draft, line)
        draft.take(block, OWNERS[becomes])
    elif not any(_is_within(entry, block) for entries in _all_entries(draft) for entry in entries):
        draft.take(block, Owner.PROSE)


def _is_about_risk_below(draft: Draft, block: Block, becomes: Becomes) -> bool:
    """The title of a risk whose lines stand in a fence below it: the risk itself comes with the fence."""
    return becomes == Becomes.RISK and bool(block.item and block.item.ordinal in draft.items_with_risks)


def _add(draft: Draft, block: Block, line: int, becomes: Becomes) -> None:
    """An entry from the plain words of a line."""
    scope = draft.scope_of(block)
    mark, span = _words(draft, block, line)
    shown = draft.show(span)
    if becomes == Becomes.MILESTONE:
        sections.add_milestone(
            draft, replace(block, start_line=line), scope, read_heading(shown.text), shown, mark, Rule.PERSON
        )
        changes = {"milestone": len(draft.milestones) - 1, "holder": "milestone"}
    elif becomes == Becomes.WORK_ITEM:
        sections.add_work_item(
            draft, replace(block, start_line=line), scope, read_heading(shown.text), shown, mark, Rule.PERSON
        )
        changes = {"work_item": len(draft.work_items) - 1, "holder": "work_item"}
    elif becomes == Becomes.CRITERION:
        add_criterion(draft, line, _as_criterion(scope), span, mark, Rule.PERSON)
        return
    elif becomes == Becomes.RISK:
        draft.risks.append(_risk(line, scope, span, shown.text))
        return
    else:
        draft.tasks.append(_task(line, scope, span, shown.text, mark))
        return
    if block.kind == BlockKind.PARAGRAPH:  # the list that follows belongs to it
        draft.open_label(block, scope.titled(shown.text, role=Role.NONE, **changes))


def _words(draft: Draft, block: Block, line: int) -> tuple[Mark | None, Span]:
    """The box of a line, where it has one, and its words: of a table's row, those of its first cell."""
    if block.kind == BlockKind.HEADING:
        span = sections.heading_span(draft, block)
    elif block.kind == BlockKind.TABLE:
        columns = read_columns(next(iter(draft.lines(block)))[2])
        row = next(row for row in read_rows(draft.lines(block), columns) if row.line == line)
        span = next((cell.span for cell in (row.first, *row.cells.values()) if cell.text), row.first.span)
    elif block.kind == BlockKind.PARAGRAPH:
        span = draft.span(block)
    else:
        span = draft.span(replace(block, start_line=line, end_line=line))
    mark = read_mark(draft.source.text, span, draft.legend)
    return mark, (min(mark.text_start, span[1]), span[1]) if mark else span


def _risk(line: int, scope: Scope, span: Span, words: str) -> Risk:
    return Risk(
        line=line,
        path=scope.path,
        spans={"risk": span},
        title=words.split(":")[0].strip() or words,
        risk=words,
        milestone=scope.milestone,
        work_item=scope.work_item,
        risk_line=line,
    )


def _task(line: int, scope: Scope, span: Span, words: str, mark: Mark | None) -> Task:
    return Task(
        line=line,
        path=scope.path,
        spans={"text": span, **({"mark": mark.span} if mark else {})},
        text=words,
        mark=mark.raw if mark else "",
        claim=mark.claim if mark else Claim.TODO,
        milestone=scope.milestone,
        work_item=scope.work_item,
    )


def _put_below_the_task_above(draft: Draft, line: int) -> None:
    at = next(at for at, task in enumerate(draft.tasks) if task.line == line)
    step = draft.tasks[at]
    above = [
        number
        for number, task in enumerate(draft.tasks[:at])
        if task.parent is None and (task.milestone, task.work_item) == (step.milestone, step.work_item)
    ]
    if above and step.parent is None:
        draft.tasks[at] = replace(step, parent=above[-1])


def _with_values(entry: Any, correction: Correction) -> Any:
    said = correction.values
    changes: dict[str, Any] = {}
    if "text" in said:
        changes[NAMES.get(correction.becomes, "title")] = said["text"]
    if "claim" in said and hasattr(entry, "claim"):
        changes["claim"] = Claim(said["claim"])
    if "owner" in said and hasattr(entry, "owner_text"):
        changes["owner_text"] = said["owner"]
        if hasattr(entry, "owners"):
            changes["owners"] = split_owners(said["owner"])
    if "target" in said and hasattr(entry, "target"):
        changes["target"] = read_target(said["target"])
    if "text" in said and isinstance(entry, Criterion):
        changes |= {"measures": read_measures(said["text"]), "placeholders": read_placeholders(said["text"])}
    return replace(entry, **changes)


def _entries_as(draft: Draft, becomes: Becomes) -> list[Any]:
    lists: dict[Becomes, list[Any]] = {
        Becomes.MILESTONE: draft.milestones,
        Becomes.WORK_ITEM: draft.work_items,
        Becomes.CRITERION: draft.criteria,
        Becomes.RISK: draft.risks,
        Becomes.PROSE: [],
    }
    return lists.get(becomes, draft.tasks)


def _all_entries(draft: Draft) -> tuple[list[Any], ...]:
    return draft.milestones, draft.work_items, draft.tasks, draft.criteria, draft.risks, draft.cost_lines


def _is_at(entry: Milestone | WorkItem | Task | Criterion | Risk, line: int) -> bool:
    return line in (entry.line, getattr(entry, "risk_line", None))


def _is_within(entry: Any, block: Block) -> bool:
    return any(block.start_line <= line <= block.end_line for line in (entry.line, getattr(entry, "risk_line", 0)))
