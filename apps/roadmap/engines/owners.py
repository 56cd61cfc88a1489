"""Owners as documents name them: roles, people and handles, one or several."""

import re
from collections.abc import Sequence

# Never at a slash: "Platform/Infra" is one role.
SEPARATOR = re.compile(r"\s+\+\s+|\s*[,;]\s*|\s+&\s+|\s+(?:and|und|et|y)\s+|\s+(?=@)")
LINK = re.compile(r"\[(?P<name>[^\]\[]{1,100})\]\([^()\s]{1,500}\)")
HANDLE = re.compile(r"[\w.-]+(?:/[\w.-]+)?")
NO_OWNER = frozenset(
    {"", "-", "–", "—", "tbd", "tba", "tbc", "n/a", "none", "nobody", "unassigned", "open", "?", "??", "offen", "keine",
     "à définir", "aucun", "por definir", "ninguno"}
)  # fmt: skip


def split_owners(text: str) -> tuple[str, ...]:
    """The roles or people a value names. "Platform/Infra" is one role, "QA + Data" are two."""
    names = map(_plain, SEPARATOR.split(text))
    return tuple(name for name in names if name.lower() not in NO_OWNER)


def write_owners(names: Sequence[str], *, instead_of: str) -> str:
    """The owners in the form an import reads back: handles where a handle stood, which needs no label."""
    if not instead_of.startswith("@"):
        return " + ".join(names)
    if all(HANDLE.fullmatch(name) for name in names):
        return " ".join(f"@{name}" for name in names)
    return f"owner: {' + '.join(names)}"


def _plain(written: str) -> str:
    link = LINK.fullmatch(written.strip())
    return (link["name"] if link else written).strip().strip("*_").lstrip("@").strip()
