"""What a fault is: a failure mode made to happen, and the finding that must name it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from apps.backups.engines.findings import Finding, Verdict
from apps.backups.engines.manifest import MANIFEST_NAME
from apps.common.exceptions import OperationError

from .case import Case


class CaughtBy(StrEnum):
    """Who must notice."""

    BACKUP = "backup"
    DRILL = "drill"
    MONITOR = "monitor"


class NotApplicable(Exception):
    """The database has nothing to which this fault could happen."""


Happen = Callable[[Case], list[Finding]]


@dataclass(frozen=True)
class Fault:
    """A failure mode that is made to happen. One of the findings must name it."""

    id: str
    mode: int
    sentence: str
    findings: tuple[str, ...]
    happen: Happen
    caught_by: CaughtBy
    engines: tuple[str, ...]  # none: whatever streams


@dataclass(frozen=True)
class OutOfReach:
    """A failure mode that no copy of a backup can show, why, and where else it is shown."""

    id: str
    mode: int
    sentence: str
    why: str
    caught_by: CaughtBy = CaughtBy.MONITOR
    shown_by: str = ""


def drilled(damage: Callable[[Case], None]) -> Happen:
    """Damage the copy, drill it, and give what the drill found. A drill that proves it has found nothing."""

    def happen(case: Case) -> list[Finding]:
        damage(case)
        report = case.drill()
        return [] if report.verdict == Verdict.PROVEN else report.findings

    return happen


def refused(attempt: Callable[[Case, str], object]) -> Happen:
    """Attempt a backup that must be refused and leave no manifest; the finding is named after the refusal."""

    def happen(case: Case) -> list[Finding]:
        prefix, storage = f"{case.prefix}-attempt", case.healthy.storage
        try:
            attempt(case, prefix)
        except OperationError as error:
            is_listed = (storage.folder / prefix / MANIFEST_NAME).exists()
            return [] if is_listed else [Finding(name_of(error), error.message)]
        finally:
            storage.delete(prefix)
        return []

    return happen


def make_fault(
    mode: int,
    identifier: str,
    sentence: str,
    expected: str | tuple[str, ...],
    happen: Happen,
    *,
    caught_by: CaughtBy = CaughtBy.DRILL,
    engines: tuple[str, ...] = (),
) -> Fault:
    """A fault that one finding must name, or one of several."""
    findings = (expected,) if isinstance(expected, str) else expected
    return Fault(identifier, mode, sentence, findings, happen, caught_by, engines)


def name_of(error: OperationError) -> str:
    """SourceUnreachable is source-unreachable."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", type(error).__name__).lower()
