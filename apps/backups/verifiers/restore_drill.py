"""A backup was restored, and found equal to its source."""

from datetime import timedelta
from typing import Any

from apps.backups import selectors
from apps.backups.models import DrillRun, DrillVerdict
from apps.backups.services.observing import RESTORE_DRILL
from apps.common.wording import duration_in_words
from apps.evidence.contract import Context, NothingYet, Observation, Parameters, Suggestion, Verifier
from apps.evidence.register import register

from .subjects import BYTES, COUNT, PARAMETERS, SECONDS, databases_in
from .wording import read_limit, suggestion_from

WORST_FIRST = [DrillVerdict.FAILED, DrillVerdict.COULD_NOT_VERIFY, DrillVerdict.PROVEN]


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
        databases = databases_in(context, parameters)
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
        limits = [limit for name in ("RTO", "RPO") if (limit := read_limit(text, name))]
        suggestion = suggestion_from(
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


register(RestoreDrill())
