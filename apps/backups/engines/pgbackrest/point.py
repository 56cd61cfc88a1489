"""Recovers a throwaway server to a moment, and looks from both sides whether it stopped there.

The sides are two transactions, one committed before the moment and one after it. They write nothing: a transaction
that asks for its number gets a commit in the log, and that is all a recovery needs to be held against.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg

from apps.backups.engines import findings
from apps.backups.engines.contract import PointJob
from apps.backups.engines.findings import Finding, Verdict
from apps.backups.engines.postgresql.address import Address
from apps.backups.engines.postgresql.dump import translated as translated_source
from apps.backups.engines.postgresql.recovery import Recovered
from apps.backups.engines.reading import translated
from apps.backups.engines.report import PointReport, Stopped, refuted
from apps.backups.engines.space import require_disk
from apps.backups.engines.stages import Stages
from apps.common.postgresql.placement import temporary_folder

from . import tool
from .listing import BackupSet, Repository
from .recovery import Recovery, Target, recovering
from .stanza import Stanza

APART_SECONDS = 0.02
RECOVERY_STAGES = ("restore", "replay", "look")
REACHED = "SELECT pg_last_xact_replay_timestamp(), pg_snapshot_xmax(pg_current_snapshot())::text::bigint"


@dataclass(frozen=True)
class Marks:
    """A moment of the source's clock, and the transactions right before and right after it."""

    at: datetime
    before: int
    after: int


@dataclass
class Course:
    """What is known of the drill so far."""

    target_at: datetime | None
    base: BackupSet | None = None
    reached_at: datetime | None = None


def drill_point(job: PointJob) -> PointReport:
    """Recover to the job's target, or to a moment that is marked now. Leaves nothing behind."""
    stages, course = Stages(), Course(job.target_at)
    try:
        with translated():
            found = _drill(job, stages, course)
    except Stopped as stop:
        return _report(stop.verdict, [_of_target(stop.finding)], stages, course, job)
    return _report(Verdict.FAILED if found else Verdict.PROVEN, found, stages, course, job)


def _of_target(finding: Finding) -> Finding:
    """The archive that ends too early, in the words of whoever asked for a point in time."""
    if finding.id != findings.WAL_MISSING:
        return finding
    return Finding(findings.TARGET_NOT_REACHED, f"The target was not reached. {finding.message}")


def leave_marks(address: Address) -> Marks:
    """Commit a transaction, read the clock, commit another. Raises SourceUnreachable."""
    with address.connect(autocommit=True) as connection, translated_source(address):
        before = _number(connection, "SELECT pg_current_xact_id()::text::bigint")
        row = connection.execute("SELECT clock_timestamp()").fetchone()
        time.sleep(APART_SECONDS)
        after = _number(connection, "SELECT pg_current_xact_id()::text::bigint")
    return Marks(row[0], before, after)  # type: ignore[index]


def _drill(job: PointJob, stages: Stages, course: Course) -> list[Finding]:
    stanza = Stanza.from_url(job.connection_url)
    repository, marks = tool.list_backups(stanza), None
    if job.target_at is None:
        with stages.measure("mark"):
            marks = leave_marks(stanza.address)
        with stages.measure("archive"):
            tool.push_log(stanza)
    target_at = course.target_at = job.target_at or marks.at  # type: ignore[union-attr]
    base = course.base = choose_base(repository, target_at, is_now=marks is not None)
    require_disk(temporary_folder(stanza.user), base.database_size_bytes)
    superuser = str(stanza.address.parameters.get("user", "postgres"))
    target = Target(tool.time_target(target_at), time_settings(target_at))
    recovery = Recovery(stanza, base.label, base.server_major, superuser, target, job.timeout_seconds)
    with recovering(recovery, stages) as recovered, stages.measure("look"):
        reached_at, found = look(recovered, stanza.address.database, target_at, marks)
    course.reached_at = reached_at or base.stopped_at
    return found


def time_settings(target_at: datetime) -> dict[str, str]:
    """Stop at the last commit that is not later, on the newest time line."""
    return {"recovery_target_time": target_at.isoformat(sep=" "), "recovery_target_timeline": "latest"}


def choose_base(repository: Repository, target_at: datetime, *, is_now: bool = False) -> BackupSet:
    """The backup from which the moment is reached soonest. Raises Stopped."""
    if not repository.backups:
        raise refuted(findings.TARGET_BEFORE_OLDEST_BACKUP, "pgBackRest has no backup yet, so no point can be reached.")
    # Its list tells whole seconds.
    base = repository.backups[-1] if is_now else repository.newest_before(target_at - timedelta(seconds=1))
    if base is None:
        oldest = repository.backups[0].stopped_at
        message = f"{target_at:%Y-%m-%d %H:%M:%S} UTC cannot be reached: the oldest backup ended at {oldest:%H:%M:%S}."
        raise refuted(findings.TARGET_BEFORE_OLDEST_BACKUP, message)
    return base


def look(
    recovered: Recovered, database: str, target_at: datetime, marks: Marks | None = None
) -> tuple[datetime | None, list[Finding]]:
    """The last commit that was replayed, and whether that is too much or too little."""
    with recovered.connect(database) as connection:
        reached_at, next_number = connection.execute(REACHED).fetchone()  # type: ignore[misc]
        held = _committed(connection, marks, next_number) if marks else set()
    found = []
    if (reached_at and reached_at > target_at) or (marks and marks.after in held):
        message = f"The recovered server holds what was committed after {target_at.isoformat(sep=' ')}."
        found.append(Finding(findings.TARGET_OVERSHOT, message))
    if (marks and marks.before not in held) or not recovered.has_stopped_itself:
        message = f"The recovered server does not hold all that was committed by {target_at.isoformat(sep=' ')}."
        found.append(Finding(findings.TARGET_NOT_REACHED, message))
    return reached_at, found


def _committed(connection: psycopg.Connection, marks: Marks, next_number: int) -> set[int]:
    asked = [number for number in (marks.before, marks.after) if number < next_number]
    query = "SELECT x FROM unnest(%s::bigint[]) x WHERE pg_xact_status(x::text::xid8) = 'committed'"
    return {number for (number,) in connection.execute(query, [asked]).fetchall()}


def _report(verdict: Verdict, found: list[Finding], stages: Stages, course: Course, job: PointJob) -> PointReport:
    is_now = job.target_at is None and course.target_at is not None
    seconds = [stages.seconds[name] for name in RECOVERY_STAGES if name in stages.seconds]
    return PointReport(
        verdict=verdict,
        findings=found,
        stages=dict(stages.seconds),
        rto_seconds=round(sum(seconds), 3) if len(seconds) == len(RECOVERY_STAGES) else None,
        rpo_seconds=max(0.0, (job.now - course.target_at).total_seconds()) if is_now else None,  # type: ignore[operator]
        target_at=course.target_at,
        reached_at=course.reached_at,
        origin=course.base.label if course.base else "",
        size_bytes=course.base.database_size_bytes if course.base else 0,
    )


def _number(connection: psycopg.Connection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0])  # type: ignore[index]
