"""Lines of which a person said what they are: taken as that, whatever the rules would say."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from apps.roadmap.engines.blocks import Block, BlockKind
from apps.roadmap.engines.corrections import Becomes
from apps.roadmap.engines.draft import Draft
from apps.roadmap.engines.entries import Owner
from apps.roadmap.engines.rules.containers import enter_milestone, enter_work_item
from apps.roadmap.engines.rules.criteria import take_criterion, take_labelled_criterion
from apps.roadmap.engines.rules.items import take_item
from apps.roadmap.engines.rules.lines import Line, enter, read_line
from apps.roadmap.engines.rules.outlays import take_risk
from apps.roadmap.engines.rules.plain import add_plain, as_criterion
from apps.roadmap.engines.rules.put_right import LISTS
from apps.roadmap.engines.rules.tasks import take_task
from apps.roadmap.engines.titles import CRITERION_KINDS, Role

OWNERS = {
    Becomes.MILESTONE: Owner.MILESTONE,
    Becomes.WORK_ITEM: Owner.WORK_ITEM,
    Becomes.TASK: Owner.TASK,
    Becomes.STEP: Owner.TASK,
    Becomes.CRITERION: Owner.CRITERION,
    Becomes.RISK: Owner.RISK,
}
ALL_LISTS = (*dict.fromkeys(LISTS.values()), "cost_lines")


def offer_corrected(draft: Draft, block: Block, offer: Callable[[Draft, Block], None]) -> None:
    """Take a block that holds corrected lines. What a person did not speak of, the rules take as ever."""
    known = {name: len(getattr(draft, name)) for name in ALL_LISTS}
    first = draft.corrected.get(block.start_line)
    if first and block.kind == BlockKind.LIST_ITEM:
        _take_item_as(draft, block, first.becomes)
    elif first and block.kind == BlockKind.PARAGRAPH and first.becomes == Becomes.PROSE:
        draft.close_label(block)
    else:
        offer(draft, block)
    for line in range(block.start_line, block.end_line + 1):
        if line in draft.corrected:
            _settle(draft, block, line, known)


def _take_item_as(draft: Draft, block: Block, becomes: Becomes) -> None:
    line = read_line(draft, block)
    if line is None:
        return
    scope = replace(line.scope, is_inside_entry=False, risk=None)
    match becomes:
        case Becomes.PROSE:
            enter(draft, line, line.scope.titled(line.shown.text))
        case Becomes.MILESTONE:
            enter_milestone(draft, line)
        case Becomes.WORK_ITEM:
            enter_work_item(draft, line)
        case Becomes.CRITERION:
            _take_as_criterion(draft, line)
        case Becomes.TASK | Becomes.STEP:
            take_task(draft, replace(line, scope=replace(scope, role=Role.TASKS)))
        case Becomes.RISK if _is_about_risk_below(draft, block, becomes):
            take_item(draft, block)
        case Becomes.RISK:
            take_risk(draft, replace(line, mark=None, scope=replace(scope, role=Role.RISKS)))


def _take_as_criterion(draft: Draft, line: Line) -> None:
    scope = replace(as_criterion(line.scope), is_inside_entry=False)
    take_labelled_criterion(draft, line) or take_criterion(draft, replace(line, scope=scope))
    if line.scope.role not in CRITERION_KINDS:  # of the items below nobody said that they are criteria
        enter(draft, line, line.scope.titled(line.shown.text, is_inside_entry=True))


def _settle(draft: Draft, block: Block, line: int, known: dict[str, int]) -> None:
    """Let the line hold what a person called it, once, and nothing else. Entries before the known ones are others'."""
    becomes = draft.corrected[line].becomes
    for name, start in known.items():
        entries: list[Any] = getattr(draft, name)
        if name != LISTS.get(becomes):
            entries[start:] = [entry for entry in entries[start:] if not _is_at(entry, line)]
    if becomes == Becomes.PROSE or _is_about_risk_below(draft, block, becomes):
        if all(len(getattr(draft, name)) == start for name, start in known.items()):
            draft.take(block, Owner.PROSE if becomes == Becomes.PROSE else Owner.RISK)
        return
    name = LISTS[becomes]
    if not any(_is_at(entry, line) for entry in getattr(draft, name)[known[name] :]):
        add_plain(draft, block, line, becomes)
    if becomes == Becomes.STEP:
        _put_below_the_task_above(draft, line, known["tasks"])
    draft.take(block, OWNERS[becomes])


def _is_about_risk_below(draft: Draft, block: Block, becomes: Becomes) -> bool:
    """The title of a risk whose lines stand in a fence below it: the risk itself comes with the fence."""
    return becomes == Becomes.RISK and bool(block.item and block.item.ordinal in draft.items_with_risks)


def _put_below_the_task_above(draft: Draft, line: int, start: int) -> None:
    at = next(at for at, task in enumerate(draft.tasks[start:], start) if task.line == line)
    step = draft.tasks[at]
    place = (None, step.milestone, step.work_item)
    above = (n for n in reversed(range(at)) if (draft.tasks[n].parent, *_holders(draft.tasks[n])) == place)
    parent = next(above, None)
    if step.parent is None and parent is not None:
        draft.tasks[at] = replace(step, parent=parent)


def _holders(task: Any) -> tuple[int | None, int | None]:
    return task.milestone, task.work_item


def _is_at(entry: Any, line: int) -> bool:
    """A risk may have its title on one line and its words on another."""
    return line in (entry.line, getattr(entry, "risk_line", None))
