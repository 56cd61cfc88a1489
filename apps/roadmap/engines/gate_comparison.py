"""What turned between two answers of a gate. Pure over the objects that snapshots keep."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Answer = Mapping[str, Any]


@dataclass(frozen=True)
class Turn:
    """A criterion that stands otherwise, came, or went."""

    id: int
    text: str
    milestone: str
    before: str
    after: str
    observations_added: tuple[int, ...] = ()
    observations_removed: tuple[int, ...] = ()

    @property
    def is_only_evidence(self) -> bool:
        """It stands as it did, on other observations."""
        return self.before == self.after


@dataclass(frozen=True)
class Comparison:
    """An earlier and a later answer, and what turned."""

    decisions: tuple[str, str]
    policies: tuple[str, str]
    turned: tuple[Turn, ...]
    renewed: tuple[Turn, ...]
    findings_added: tuple[Mapping[str, Any], ...]
    findings_removed: tuple[Mapping[str, Any], ...]

    @property
    def is_same(self) -> bool:
        """Nothing that decides is other than it was."""
        others = (self.turned, self.findings_added, self.findings_removed)
        return self.decisions[0] == self.decisions[1] and self.policies[0] == self.policies[1] and not any(others)


def compare(before: Answer, after: Answer) -> Comparison:
    """What is other in the second answer."""
    turns = list(_turns(_by_id(before["criteria"]), _by_id(after["criteria"])))
    first, second = _by_id(before["findings"]), _by_id(after["findings"])
    return Comparison(
        decisions=(before["decision"], after["decision"]),
        policies=(before["policy_version"], after["policy_version"]),
        turned=tuple(turn for turn in turns if not turn.is_only_evidence),
        renewed=tuple(turn for turn in turns if turn.is_only_evidence),
        findings_added=tuple(each for key, each in second.items() if _is_other(first.get(key), each)),
        findings_removed=tuple(each for key, each in first.items() if _is_other(second.get(key), each)),
    )


def _turns(before: Mapping[Any, Answer], after: Mapping[Any, Answer]) -> Iterable[Turn]:
    for key in dict.fromkeys([*before, *after]):
        first, second = before.get(key), after.get(key)
        seen, sees = set(first["observations"] if first else ()), set(second["observations"] if second else ())
        named = second or first or {}
        turn = Turn(
            id=key,
            text=named["text"],
            milestone=named["milestone"],
            before=first["standing"] if first else "",
            after=second["standing"] if second else "",
            observations_added=tuple(sorted(sees - seen)),
            observations_removed=tuple(sorted(seen - sees)),
        )
        if turn.before != turn.after or seen != sees:
            yield turn


def _by_id(rows: Iterable[Answer]) -> dict[Any, Answer]:
    return {row["id"]: row for row in rows}


def _is_other(known: Answer | None, finding: Answer) -> bool:
    return known is None or known["outcome"] != finding["outcome"]
