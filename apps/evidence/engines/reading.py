"""What a report says, and the careful reading of JSON that every format of JSON shares."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NoReturn

from apps.evidence.exceptions import EvidenceRefused

LARGEST = 1e100  # whatever is counted with smaller numbers stays one
DEEPEST = 100  # levels of nesting; reports of real tools have about ten
_UNKEEPABLE = {"\0"} | {chr(code) for code in range(0xD800, 0xE000)}  # what no database column takes


@dataclass(frozen=True)
class Subject:
    """What a report is about: a name, a digest such as `sha256:…`, or a commit."""

    name: str = ""
    digest: str = ""
    commit: str = ""

    def __str__(self) -> str:
        exact = self.digest or self.commit
        return f"{self.name or 'commit'}@{exact}" if exact else self.name


@dataclass(frozen=True)
class Reading:
    """The facts of a report, and what it says itself of its subject, its instant and whose facts they are."""

    facts: dict[str, Any]
    subject: Subject = field(default_factory=Subject)
    observed_at: datetime | None = None
    verifier_key: str = ""


def read_json(report: bytes) -> Any:
    """The value of a JSON report. Raises EvidenceRefused for what is malformed, too deep, or no number."""
    try:
        value = json.loads(report, parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise EvidenceRefused(f"The report is not UTF-8: byte {error.start + 1}.") from error
    except json.JSONDecodeError as error:
        raise EvidenceRefused(f"The report is not JSON: line {error.lineno}, {error.msg}.") from error
    except RecursionError as error:
        raise EvidenceRefused(f"The report is nested deeper than {DEEPEST} levels.") from error
    except ValueError as error:  # a number of thousands of digits
        raise EvidenceRefused("The report holds a number that is too long to be one.") from error
    check_plain(value)
    return value


def check_plain(value: Any) -> None:
    """Raise EvidenceRefused when a value of JSON holds what cannot be kept: NUL, half characters, huge numbers."""
    for inner, depth in _walk(value):
        if depth > DEEPEST:
            raise EvidenceRefused(f"The report is nested deeper than {DEEPEST} levels.")
        if isinstance(inner, str) and not _UNKEEPABLE.isdisjoint(inner):
            raise EvidenceRefused("The report holds a NUL, or half of a character.")
        if isinstance(inner, int | float) and not -LARGEST < inner < LARGEST:
            raise EvidenceRefused("The report holds a number that is too large to count with.")


def require_object(value: Any, name: str) -> dict[str, Any]:
    """The value as a JSON object. Raises EvidenceRefused, which names the field."""
    return value if isinstance(value, dict) else refuse(name, "must be an object")


def require_list(value: Any, name: str) -> list[Any]:
    """The value as a JSON list. Raises EvidenceRefused, which names the field."""
    return value if isinstance(value, list) else refuse(name, "must be a list")


def require_number(value: Any, name: str) -> float:
    """The value as a number that is not negative. Raises EvidenceRefused, which names the field."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        refuse(name, "must be a number, 0 or more")
    return value


def require_count(value: Any, name: str) -> int:
    """The value as a whole number that is not negative. Raises EvidenceRefused, which names the field."""
    number = require_number(value, name)
    return int(number) if number == int(number) else refuse(name, "must be a whole number")


def percent_of(part: float, whole: float, name: str) -> float:
    """The share in percent. Raises EvidenceRefused when there is no whole, or the part is greater."""
    if whole <= 0 or part > whole:
        refuse(name, f"says {part:g} of {whole:g}, which is no share")
    return round(100 * part / whole, 4)


def refuse(name: str, problem: str) -> NoReturn:
    """Refuse the report because of the named field."""
    raise EvidenceRefused(f"{name} {problem}.")


def _walk(value: Any) -> Iterator[tuple[Any, int]]:
    waiting = [(value, 1)]
    while waiting:
        inner, depth = waiting.pop()
        yield inner, depth
        if depth > DEEPEST:
            continue
        if isinstance(inner, dict):
            waiting += [(part, depth + 1) for pair in inner.items() for part in pair]
        elif isinstance(inner, list):
            waiting += [(part, depth + 1) for part in inner]


def _refuse_constant(name: str) -> NoReturn:
    raise EvidenceRefused(f"The report is not JSON: {name} is no number.")
