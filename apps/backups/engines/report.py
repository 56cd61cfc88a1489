"""What a drill comes to."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from .findings import STORAGE_UNREADABLE, Finding, Severity, Verdict
from .manifest import Manifest
from .stages import Stages


@dataclass(frozen=True)
class DrillReport:
    """What a drill found, and how long a real restore would take."""

    verdict: Verdict
    findings: list[Finding]
    stages: dict[str, float]
    rto_seconds: float | None
    rpo_seconds: float | None
    tables: int
    rows: int
    size_bytes: int
    warnings: list[Finding] = field(default_factory=list)

    @property
    def could_not_read(self) -> bool:
        """Whether the storage was away, so that another copy may say more."""
        return any(finding.id == STORAGE_UNREADABLE for finding in self.findings)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class PointReport:
    """How a recovery to a point in time went. `origin` is the backup that it started from."""

    verdict: Verdict
    findings: list[Finding]
    stages: dict[str, float]
    rto_seconds: float | None
    rpo_seconds: float | None
    target_at: datetime | None
    reached_at: datetime | None
    origin: str
    size_bytes: int


class Stopped(Exception):
    """The drill ends here with this verdict and finding."""

    def __init__(self, verdict: Verdict, identifier: str, message: str) -> None:
        super().__init__(message)
        self.verdict = verdict
        self.finding = Finding(identifier, message)


def refuted(identifier: str, message: str) -> Stopped:
    """The backup is bad, and this is why."""
    return Stopped(Verdict.FAILED, identifier, message)


def left_open(identifier: str, message: str) -> Stopped:
    """Nothing can be said of the backup, and this is why."""
    return Stopped(Verdict.COULD_NOT_VERIFY, identifier, message)


def verdict_on(found: list[Finding]) -> Verdict:
    """What a drill that looked at everything says. Warnings refute nothing."""
    return Verdict.FAILED if refuting(found) else Verdict.PROVEN


def refuting(found: list[Finding]) -> list[Finding]:
    """The findings without the warnings."""
    return [finding for finding in found if finding.severity == Severity.REFUTES]


def make_report(
    verdict: Verdict, found: list[Finding], manifest: Manifest | None, stages: Stages, now: datetime
) -> DrillReport:
    """The report; the recovery time is known only when the restore and the comparing were reached."""
    restored = "restore" in stages.seconds and "compare" in stages.seconds
    return DrillReport(
        verdict=verdict,
        findings=refuting(found),
        warnings=[finding for finding in found if finding.severity == Severity.WARNING],
        stages=dict(stages.seconds),
        rto_seconds=stages.total_seconds if restored else None,
        rpo_seconds=(now - manifest.snapshot_at).total_seconds() if manifest else None,
        tables=manifest.summary.tables if manifest else 0,
        rows=manifest.summary.rows if manifest else 0,
        size_bytes=manifest.summary.size_bytes if manifest else 0,
    )


def report_of(stop: Stopped, now: datetime) -> DrillReport:
    """The report of a drill that ended before it looked at anything."""
    return make_report(stop.verdict, [stop.finding], None, Stages(), now)
