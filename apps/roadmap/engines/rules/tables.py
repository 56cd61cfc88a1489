"""Tables: what the columns are called says what the rows are."""

from collections.abc import Callable, Sequence

from apps.roadmap.engines.blocks import Block
from apps.roadmap.engines.certainty import Rule
from apps.roadmap.engines.draft import Draft, Scope
from apps.roadmap.engines.entries import Owner
from apps.roadmap.engines.marks import Claim, claim_of_words, read_sign
from apps.roadmap.engines.rules.rows import Table, add_cost, add_criterion, add_milestone, add_risk, add_task
from apps.roadmap.engines.tables import Row, is_text_column, read_columns, read_rows
from apps.roadmap.engines.titles import CRITERION_KINDS, Role

# A table is read as the first of these it has a column for, together with one of the columns beside it.
SUBJECTS = (
    ("risk", frozenset({"impact", "likelihood", "severity", "mitigation"})),
    ("milestone", frozenset({"owner", "target", "status"})),
    ("criterion", frozenset({"target", "status", "owner"})),
    ("task", frozenset({"owner", "target", "status", "priority"})),
)
SUBJECT_BY_ROLE = {
    Role.TASKS: "task",
    Role.RISKS: "risk",
    Role.MILESTONES: "milestone",
    **dict.fromkeys(CRITERION_KINDS, "criterion"),
}
OF_A_TASK = frozenset({"owner", "target", "priority"})
READERS: dict[str, tuple[Callable[[Draft, Scope, Row, Table], None], Owner]] = {
    "risk": (add_risk, Owner.RISK),
    "milestone": (add_milestone, Owner.MILESTONE),
    "criterion": (add_criterion, Owner.CRITERION),
    "task": (add_task, Owner.TASK),
    "cost": (add_cost, Owner.COST_LINE),
    "amount": (add_cost, Owner.COST_LINE),
}


def take_table(draft: Draft, block: Block) -> bool:
    """Read each row as what the table is about."""
    scope = draft.scope_of(block)
    header = next(iter(draft.lines(block)))[2]
    columns = read_columns(header)
    rows = list(read_rows(draft.lines(block), columns))
    legend = _legend(rows) if len(columns) == len(("mark", "meaning")) else {}
    if legend:
        draft.legend.update(legend)
        return draft.take(block, Owner.LEGEND)
    table = _table(header, columns, scope, rows)
    if not table:
        return False
    add, owner = READERS[table.subject]
    for row in rows:
        add(draft, scope, row, table)
    return draft.take(block, owner)


def _legend(rows: Sequence[Row]) -> dict[str, Claim]:
    """What a table that explains signs says of them; nothing when it is another table."""
    meanings = {read_sign(row.first.text): claim_of_words(row.last.text) for row in rows}
    legend = {sign: claim for sign, claim in meanings.items() if sign and claim}
    return legend if len(legend) == len(rows) > 1 else {}


def _table(header: str, columns: tuple[str, ...], scope: Scope, rows: Sequence[Row]) -> Table | None:
    if scope.role == Role.COSTS and "amount" in columns and "cost" not in columns:
        return Table(header, "amount", "amount", Rule.TABLE_ROW)
    subject = next((subject for subject, beside in SUBJECTS if subject in columns and beside & set(columns)), "")
    if subject == "milestone" and "task" in columns and _repeats(rows, "milestone"):
        subject = "task"  # each row is a task, and tells whose
    subject = subject or ("cost" if "cost" in columns else "")
    return Table(header, subject, subject, Rule.TABLE_ROW) if subject else _unnamed_table(header, columns, scope, rows)


def _unnamed_table(header: str, columns: tuple[str, ...], scope: Scope, rows: Sequence[Row]) -> Table | None:
    """A table that has states, or owners and dates, of things it calls as it likes."""
    there = set(columns)
    is_expected = scope.role in SUBJECT_BY_ROLE and there & OF_A_TASK
    if not ("status" in there or len(there & OF_A_TASK) > 1 or is_expected):
        return None
    texts = [column for column in columns if is_text_column(column)]
    name = next((column for column in texts if not _repeats(rows, column)), texts[0] if texts else "")
    return Table(header, SUBJECT_BY_ROLE.get(scope.role, "task"), name, Rule.UNNAMED_TABLE) if name else None


def _repeats(rows: Sequence[Row], column: str) -> bool:
    names = [row.cells[column].text for row in rows if column in row.cells]
    return len(set(names)) < len(names)
