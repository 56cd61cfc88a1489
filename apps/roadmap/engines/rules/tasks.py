"""Tasks: items with a box, and the boxes after a semicolon."""

from dataclasses import replace

from apps.roadmap.engines.certainty import Rule
from apps.roadmap.engines.draft import Draft
from apps.roadmap.engines.entries import Owner, Task
from apps.roadmap.engines.fields import Field
from apps.roadmap.engines.marks import Claim, Mark, is_sign, read_emoji, read_inline_marks
from apps.roadmap.engines.rules import values
from apps.roadmap.engines.rules.lines import Line, enter, without_trailing_fields
from apps.roadmap.engines.source import Span
from apps.roadmap.engines.titles import Role


def take_task(draft: Draft, line: Line) -> Owner | None:
    """An item with a box; also without one where a section says that its items are tasks."""
    line = _with_emoji(draft, line)
    if not line.mark and (line.scope.role != Role.TASKS or line.scope.is_inside_entry):
        return None
    return enter_task(draft, line, _rule(line))


def enter_task(draft: Draft, line: Line, rule: Rule) -> Owner:
    """The item is a task, with a sub-task for each box after a semicolon."""
    main, inline = _split_inline(draft, line)
    fields: tuple[Field, ...] = ()
    if not inline:
        shown, fields = without_trailing_fields(draft, line)
        main = shown.span
    number = _add_task(draft, line, main, line.mark, line.scope.task, rule)
    for mark, span in inline:
        _add_task(draft, line, span, mark, number, Rule.BOX_AFTER_SEMICOLON)
    scope = line.scope.titled(line.shown.text, task=number, holder="task", is_inside_entry=True)
    enter(draft, line, scope)
    for found in fields:
        values.take_field(draft, scope, line.block.start_line, found)
    return Owner.TASK


def _with_emoji(draft: Draft, line: Line) -> Line:
    """Below a milestone, "✅ Database provisioned" says how far a task is."""
    is_possible = not line.mark and line.scope.holder == "milestone" and line.scope.role in (Role.NONE, Role.TASKS)
    mark = read_emoji(draft.source.text, line.span, draft.legend) if is_possible else None
    if not mark:
        return line
    span = (min(mark.text_start, line.span[1]), line.span[1])
    return replace(line, mark=mark, span=span, raw=draft.source.text[slice(*span)], shown=draft.show(span))


def _rule(line: Line) -> Rule:
    if line.mark is None:
        return Rule.TASK_SECTION
    return Rule.STATUS_SIGN if is_sign(line.mark.raw) else Rule.BOX


def _add_task(draft: Draft, line: Line, span: Span, mark: Mark | None, parent: int | None, rule: Rule) -> int:
    draft.tasks.append(
        Task(
            line=draft.source.line_at(mark.span[0] if mark else span[0]),
            path=line.scope.path,
            spans={"mark": mark.span if mark else (span[0], span[0]), "text": span},
            rule=rule,
            text=draft.show(span).text,
            mark=mark.raw if mark else "",
            claim=mark.claim if mark else Claim.TODO,
            milestone=line.scope.milestone,
            work_item=line.scope.work_item,
            parent=parent,
        )
    )
    return len(draft.tasks) - 1


def _split_inline(draft: Draft, line: Line) -> tuple[Span, list[tuple[Mark, Span]]]:
    """The task's own words, and each sub-task after a semicolon."""
    start, end = line.span
    marks = list(read_inline_marks(line.raw, draft.legend)) if ";" in line.raw else []
    if not marks:
        return line.span, []
    edges = [line.raw.rindex(";", 0, mark.span[0]) for mark in marks]
    ends = [*edges[1:], end - start]
    inline = [
        (replace(mark, span=(start + mark.span[0], start + mark.span[1])), (start + mark.text_start, start + edge))
        for mark, edge in zip(marks, ends, strict=True)
    ]
    return (start, start + edges[0]), inline
