"""What is not the same in two descriptions of a source: objects with their parts, contents, positions. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from . import findings
from .findings import Finding

Parts = dict[str, str]
Objects = dict[str, dict[str, Parts]]  # by kind, then by name

IDENTIFIERS = {
    "owner": findings.OWNER_DIFFERS,
    "privileges": findings.PRIVILEGES_DIFFER,
    "mode": findings.PRIVILEGES_DIFFER,
    "content": findings.CONTENT_DIFFERS,
}


@dataclass(frozen=True)
class Content:
    """The exact number of rows, and a sum over them that does not depend on their order.

    A content that is not settled moved while the backup was taken, where no snapshot holds it still.
    """

    rows: int
    content: str
    is_settled: bool = True


def compare_objects(source: Objects, restored: Objects, *, portable: frozenset[str] | None = None) -> Iterator[Finding]:
    """Objects that are missing, unexpected or different. `portable` limits which parts are compared."""
    for kind in source.keys() | restored.keys():
        before, after = source.get(kind, {}), restored.get(kind, {})
        for name in sorted(before.keys() - after.keys()):
            identifier = findings.TABLE_MISSING if kind == "table" else findings.OBJECT_MISSING
            yield Finding(identifier, f"The {kind} {name} is missing after the restore.")
        for name in sorted(after.keys() - before.keys()):
            message = f"The {kind} {name} is there after the restore; it was not at backup time."
            yield Finding(findings.OBJECT_UNEXPECTED, message)
        for name in sorted(before.keys() & after.keys()):
            yield from _compare_parts(f"{kind} {name}", before[name], after[name], portable)


def compare_contents(
    source: Mapping[str, Content], restored: Mapping[str, Content], *, kind: str = "table", rows: str = "rows"
) -> Iterator[Finding]:
    """Tables with other rows. A missing table is named with the objects."""
    for name, before in source.items():
        after = restored.get(name)
        if after is None or not before.is_settled:
            continue
        if before.rows != after.rows:
            message = f"The {kind} {name} holds {after.rows} {rows}; at backup time it held {before.rows}."
            yield Finding(findings.ROW_COUNT_DIFFERS, message)
        elif before.content != after.content:
            message = f"The {kind} {name} holds the same number of {rows}, {after.rows}, but not the same ones."
            yield Finding(findings.CONTENT_DIFFERS, message)


def compare_position(name: str, low: int, high: int, restored: int) -> Iterator[Finding]:
    """A counter that is not between where it stood when the backup began and when it ended."""
    if restored < low:
        message = f"The sequence {name} stands at {restored}; at backup time it was at {low}."
        yield Finding(findings.SEQUENCE_BEHIND, message)
    elif restored > high:
        message = f"The sequence {name} stands at {restored}; when the backup ended it was at {high}."
        yield Finding(findings.SEQUENCE_AHEAD, message)


def _compare_parts(what: str, source: Parts, restored: Parts, portable: frozenset[str] | None) -> Iterator[Finding]:
    for part, before in source.items():
        after = restored.get(part)
        if before == after or not (portable is None or part in portable):
            continue
        identifier = IDENTIFIERS.get(part, findings.SCHEMA_DIFFERS)
        if part == "owner":
            yield Finding(identifier, f"The owner of the {what} is {after}; at backup time it was {before}.")
        else:
            named = part.replace("_", " ")
            message = f"The {named} of the {what} {'differ' if named.endswith('s') else 'differs'} from backup time."
            yield Finding(identifier, message)
