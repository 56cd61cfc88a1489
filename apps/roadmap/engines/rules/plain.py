"""Entries from the plain words of a line that no rule would take, because a person called it that."""

from dataclasses import replace

from apps.roadmap.engines.blocks import Block, BlockKind
from apps.roadmap.engines.certainty import Rule
from apps.roadmap.engines.corrections import Becomes
from apps.roadmap.engines.draft import Draft, Scope
from apps.roadmap.engines.entries import Risk, Task
from apps.roadmap.engines.marks import Claim, Mark, read_mark
from apps.roadmap.engines.rules import sections
from apps.roadmap.engines.rules.criteria import add_criterion
from apps.roadmap.engines.source import Span
from apps.roadmap.engines.tables import read_columns, read_rows
from apps.roadmap.engines.titles import CRITERION_KINDS, Role, read_heading


def add_plain(draft: Draft, block: Block, line: int, becomes: Becomes) -> None:
    """Add what a person called the line. The list below a paragraph belongs to it."""
    scope = draft.scope_of(block)
    mark, span = _words(draft, block, line)
    match becomes:
        case Becomes.CRITERION:
            add_criterion(draft, line, as_criterion(scope), span, mark, Rule.PERSON)
        case Becomes.RISK:
            _add_risk(draft, line, scope, span)
        case Becomes.TASK | Becomes.STEP:
            _add_task(draft, line, scope, span, mark)
        case Becomes.MILESTONE | Becomes.WORK_ITEM:
            _add_container(draft, block, line, scope, span, mark, becomes)


def as_criterion(scope: Scope) -> Scope:
    """The scope of something that must be true, wherever it stands."""
    return scope if scope.role in CRITERION_KINDS else replace(scope, role=Role.ACCEPTANCE)


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


def _add_container(
    draft: Draft, block: Block, line: int, scope: Scope, span: Span, mark: Mark | None, becomes: Becomes
) -> None:
    shown = draft.show(span)
    add = sections.add_milestone if becomes == Becomes.MILESTONE else sections.add_work_item
    add(draft, replace(block, start_line=line), scope, read_heading(shown.text), shown, mark, Rule.PERSON)
    number = len(draft.milestones if becomes == Becomes.MILESTONE else draft.work_items) - 1
    if block.kind == BlockKind.PARAGRAPH:
        holder = becomes.value
        draft.open_label(block, scope.titled(shown.text, role=Role.NONE, holder=holder, **{holder: number}))


def _add_risk(draft: Draft, line: int, scope: Scope, span: Span) -> None:
    words = draft.show(span).text
    draft.risks.append(
        Risk(
            line=line,
            path=scope.path,
            spans={"risk": span},
            title=words.split(":")[0].strip() or words,
            risk=words,
            milestone=scope.milestone,
            work_item=scope.work_item,
            risk_line=line,
        )
    )


def _add_task(draft: Draft, line: int, scope: Scope, span: Span, mark: Mark | None) -> None:
    draft.tasks.append(
        Task(
            line=line,
            path=scope.path,
            spans={"text": span, **({"mark": mark.span} if mark else {})},
            text=draft.show(span).text,
            mark=mark.raw if mark else "",
            claim=mark.claim if mark else Claim.TODO,
            milestone=scope.milestone,
            work_item=scope.work_item,
        )
    )
