"""What backups can prove of a service."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from apps.backups import selectors
from apps.backups.models import Backup, Database, DrillRun, DrillVerdict
from apps.backups.services.observing import RECENT, RESTORE_DRILL
from apps.common.wording import duration_in_words, size_in_words
from apps.evidence.contract import CannotObserve, Context, NothingYet, Observation, Parameters, Suggestion, Verifier
from apps.evidence.register import register

PARAMETERS: Mapping[str, Any] = {
    "type": "object",
    "properties": {"database": {"type": "string", "description": "One database; without it, all of the environment."}},
    "additionalProperties": False,
}
COUNT: Mapping[str, Any] = {"type": "integer", "minimum": 0}
SECONDS: Mapping[str, Any] = {"type": "number", "unit": "s"}
BYTES: Mapping[str, Any] = {"type": "integer", "minimum": 0, "unit": "B"}
WORST_FIRST = [DrillVerdict.FAILED, DrillVerdict.COULD_NOT_VERIFY, DrillVerdict.PROVEN]

UNITS = {"s": 1, "sec": 1, "second": 1, "m": 60, "min": 60, "minute": 60, "h": 3600, "hr": 3600, "hour": 3600}
UNITS |= {"d": 86400, "day": 86400}
LIMIT = r"(?P<operator>[<>]=?|≤|under|within|below|of|at most)?\s*(?P<number>\d+(?:\.\d+)?)\s*-?(?P<unit>{units})s?\b"
BEFORE, AFTER = r"\b{name}\b[^.;,]{{0,20}}?{limit}", r"{limit}\s*\b{name}\b"


class Recent(Verifier):
    """Backups run, and the newest is young."""

    key = RECENT
    title = "Backups run"
    description = (
        "Every database of the environment has a finished backup. It goes stale by itself when no new one comes."
    )
    facts_schema = {
        "type": "object",
        "properties": {
            "databases": COUNT,
            "without_backup": COUNT,
            "tables": COUNT,
            "rows": COUNT,
            "size_bytes": BYTES,
            "duration_seconds": SECONDS,
        },
        "required": ["databases", "without_backup"],
        "additionalProperties": False,
    }
    parameters_schema = PARAMETERS
    default_rule = {"fact": "without_backup", "operator": "==", "value": 0}
    default_ttl = timedelta(hours=26)
    longest_ttl = timedelta(days=8)

    def collect(self, context: Context, parameters: Parameters) -> Observation:
        databases = _databases(context, parameters)
        newest = [backup for one in databases if (backup := selectors.protection_of(one).newest)]
        if not newest:
            raise NothingYet("No backup has been taken yet. Press “Back up now”, or wait for the schedule.")
        oldest = min(newest, key=lambda backup: backup.snapshot_at)
        return Observation(
            facts={
                "databases": len(databases),
                "without_backup": len(databases) - len(newest),
                "tables": sum(backup.tables for backup in newest),
                "rows": sum(backup.rows for backup in newest),
                "size_bytes": sum(backup.size_bytes for backup in newest),
                "duration_seconds": sum(_seconds(backup) for backup in newest),
            },
            observed_at=oldest.snapshot_at,
            subject=f"backup {oldest.pk} of {oldest.database}",
            summary=f"{_counted(databases)} backed up, {size_in_words(sum(one.size_bytes for one in newest))}",
            source=f"/admin/backups/backup/{oldest.pk}/change/",
        )

    def suggest(self, text: str) -> Suggestion | None:
        return _suggestion(
            text,
            r"\b(?:daily|nightly|hourly|weekly|regular|automated|automatic|scheduled)\b[^.;]{0,30}\bback-?ups?\b",
            r"\bback-?ups?\b[^.;]{0,40}\b(?:automated|automatic|scheduled|daily|nightly|hourly|every \w+)\b",
        )


class RestoreDrill(Verifier):
    """The newest backup was restored and found equal to its source."""

    key = RESTORE_DRILL
    title = "Restore drill"
    description = "A backup was restored into a throwaway server and compared with what its source was, exactly."
    facts_schema = {
        "type": "object",
        "properties": {
            "verdict": {"enum": DrillVerdict.values},
            "databases": COUNT,
            "findings": COUNT,
            "rto_seconds": SECONDS,
            "rpo_seconds": SECONDS,
            "tables": COUNT,
            "rows": COUNT,
            "size_bytes": BYTES,
        },
        "required": ["verdict", "databases", "findings"],
        "additionalProperties": False,
    }
    parameters_schema = PARAMETERS
    default_rule = {"fact": "verdict", "operator": "==", "value": DrillVerdict.PROVEN.value}
    default_ttl = timedelta(days=7)
    longest_ttl = timedelta(days=90)

    def collect(self, context: Context, parameters: Parameters) -> Observation:
        databases = _databases(context, parameters)
        drills = [drill for one in databases if (drill := selectors.last_drill(one))]
        if len(drills) < len(databases):
            raise NothingYet("Not every database has been drilled yet. Press “Drill now”, or wait for the schedule.")
        worst = min(drills, key=lambda drill: (WORST_FIRST.index(DrillVerdict(drill.outcome)), drill.finished_at))
        oldest = min(drill.finished_at for drill in drills if drill.finished_at)
        is_open = worst.outcome == DrillVerdict.COULD_NOT_VERIFY
        return Observation(
            facts={} if is_open else _drill_facts(drills, worst),
            observed_at=oldest,
            subject=str(worst),
            summary="" if is_open else _drill_summary(drills, worst),
            source=f"/admin/backups/drillrun/{worst.pk}/change/",
            error=f"The drill could not verify the backup: {_reason(worst)}" if is_open else "",
        )

    def suggest(self, text: str) -> Suggestion | None:
        limits = [limit for name in ("RTO", "RPO") if (limit := _read_limit(text, name))]
        suggestion = _suggestion(
            text,
            r"\brestor\w*[^.;]{0,40}\b(?:drill|test|rehears|verif|exercis|validat)\w*",
            r"\b(?:drill|test|rehears|verif|exercis|validat)\w*[^.;]{0,40}\brestor\w*",
            r"\bback-?ups?\b[^.;]{0,40}\brestor(?:e[sd]?|able)\b",
            r"\brestor(?:e[sd]?|able)\b[^.;]{0,20}(?:\bwithin\b|\bunder\b|\bless than\b|<)",
            r"\bback-?ups? verif\w*",
            r"\b(?:disaster )?recovery (?:drill|test|validat)\w*",
            r"\bR[TP]O\b",
        )
        if suggestion and limits:
            return Suggestion(suggestion.phrase, rule={"all": [self.default_rule, *limits]})
        return suggestion


def _databases(context: Context, parameters: Parameters) -> list[Database]:
    databases = selectors.databases_of(context.environment, parameters.get("database"))
    if not databases:
        wanted = parameters.get("database")
        what = f"The database {wanted} is not there or is disabled" if wanted else "No database is enabled"
        raise CannotObserve(f"{what} in {context.environment}. Add it under Backups.")
    return databases


def _drill_facts(drills: list[DrillRun], worst: DrillRun) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "verdict": worst.outcome,
        "databases": len(drills),
        "findings": sum(len(drill.findings) for drill in drills),
        "tables": sum(drill.tables or 0 for drill in drills),
        "rows": sum(drill.rows or 0 for drill in drills),
        "size_bytes": sum(drill.size_bytes or 0 for drill in drills),
    }
    for name in ("rto_seconds", "rpo_seconds"):
        measured = [getattr(drill, name) for drill in drills]
        if None not in measured:  # a figure that one drill could not measure is missing, not small
            facts[name] = max(measured)
    return facts


def _drill_summary(drills: list[DrillRun], worst: DrillRun) -> str:
    if worst.outcome == DrillVerdict.FAILED:
        return f"{worst.database}: {_reason(worst)}"
    recovery = timedelta(seconds=max(drill.rto_seconds or 0 for drill in drills))
    tables, rows = sum(drill.tables or 0 for drill in drills), sum(drill.rows or 0 for drill in drills)
    return f"{tables} tables, {rows:,} rows equal · recovery {duration_in_words(recovery)}"


def _reason(drill: DrillRun) -> str:
    return drill.findings[0]["message"] if drill.findings else drill.error


def _seconds(backup: Backup) -> float:
    duration = backup.run.duration
    return round(duration.total_seconds(), 3) if duration else 0.0


def _counted(databases: list[Database]) -> str:
    return databases[0].name if len(databases) == 1 else f"{len(databases)} databases"


def _suggestion(text: str, *patterns: str) -> Suggestion | None:
    for pattern in patterns:
        if found := re.search(pattern, text, re.IGNORECASE):
            return Suggestion(found[0])
    return None


def _read_limit(text: str, name: str) -> dict[str, Any] | None:
    """The rule of a phrase such as `RTO < 1 hour` or `< 24 hour RPO`."""
    limit = LIMIT.format(units="|".join(sorted(UNITS, key=len, reverse=True)))
    for pattern in (AFTER, BEFORE):
        found = re.search(pattern.format(name=name, limit=limit), text, re.IGNORECASE)
        if found and found["operator"] not in {">", ">="}:
            operator = "<" if found["operator"] in {"<", "under", "below"} else "<="
            seconds = float(found["number"]) * UNITS[found["unit"].lower()]
            return {"fact": f"{name.lower()}_seconds", "operator": operator, "value": seconds, "unit": "s"}
    return None


register(Recent())
register(RestoreDrill())
