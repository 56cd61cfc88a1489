"""Owners as documents name them: roles, people and handles, one or several."""

import re
from collections.abc import Sequence

from apps.roadmap.engines.source import Span

# Never at a slash: "Platform/Infra" is one role.
SEPARATOR = re.compile(r"\s+\+\s+|\s*[,;]\s*|\s+&\s+|\s+(?:and|und|et|y)\s+|\s+(?=@)")
LINK = re.compile(r"\[(?P<name>[^\]\[]{1,100})\]\([^()\s]{1,500}\)")
HANDLE = re.compile(r"[\w.-]+(?:/[\w.-]+)?")
NO_OWNER = frozenset(
    {"", "-", "–", "—", "tbd", "tba", "tbc", "n/a", "none", "nobody", "unassigned", "open", "?", "??", "offen", "keine",
     "à définir", "aucun", "por definir", "ninguno"}
)  # fmt: skip


def read_owners(text: str, offset: int = 0) -> tuple[tuple[str, Span], ...]:
    """Each owner with its place, the @ of a handle included."""
    owners = []
    position = 0
    for end in [*(found.span() for found in SEPARATOR.finditer(text)), (len(text), len(text))]:
        written = text[position : end[0]]
        name = _plain(written)
        if name.lower() not in NO_OWNER:
            start = position + len(written) - len(written.lstrip())
            owners.append((name, (offset + start, offset + start + len(written.strip()))))
        position = end[1]
    return tuple(owners)


def split_owners(text: str) -> tuple[str, ...]:
    """The roles or people a value names. "Platform/Infra" is one role, "QA + Data" are two."""
    return tuple(name for name, _ in read_owners(text))


def write_owners(names: Sequence[str], *, instead_of: str) -> str:
    """The owners in the form an import reads back: handles where a handle stood, which needs no label."""
    if not instead_of.startswith("@"):
        return " + ".join(names)
    if all(HANDLE.fullmatch(name) for name in names):
        return " ".join(f"@{name}" for name in names)
    return f"owner: {' + '.join(names)}"


def doubts_of_one_owner(names: Sequence[str]) -> tuple[str, ...]:
    """What a person should look at where something that has one owner names several."""
    others = " and ".join(names[1:])
    return (f"A task has one owner, here {names[0]}: assign people of {others} beside it.",) if others else ()


def _plain(written: str) -> str:
    link = LINK.fullmatch(written.strip())
    return (link["name"] if link else written).strip().strip("*_").lstrip("@").strip()
