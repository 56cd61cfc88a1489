"""A server was recovered to a moment, and stopped there."""

from datetime import timedelta

from apps.backups import selectors
from apps.backups.models import DrillRun, DrillVerdict
from apps.backups.services.observing import POINT_IN_TIME
from apps.common.wording import duration_in_words
from apps.evidence.contract import CannotObserve, Context, NothingYet, Observation, Parameters, Suggestion, Verifier
from apps.evidence.register import register

from .restore_drill import WORST_FIRST
from .subjects import COUNT, PARAMETERS, SECONDS, counted, databases_in
from .wording import suggestion_from


class PointInTime(Verifier):
    """The write-ahead log leads to any moment."""

    key = POINT_IN_TIME
    title = "Recovery to a point in time"
    description = (
        "A throwaway server was recovered to a chosen moment: it held what was committed before, and nothing after."
    )
    facts_schema = {
        "type": "object",
        "properties": {
            "verdict": {"enum": DrillVerdict.values},
            "databases": COUNT,
            "findings": COUNT,
            "rto_seconds": SECONDS,
        },
        "required": ["verdict", "databases", "findings"],
        "additionalProperties": False,
    }
    parameters_schema = PARAMETERS
    default_rule = {"fact": "verdict", "operator": "==", "value": DrillVerdict.PROVEN.value}
    default_ttl = timedelta(days=7)
    longest_ttl = timedelta(days=90)

    def collect(self, context: Context, parameters: Parameters) -> Observation:
        databases = [one for one in databases_in(context, parameters) if one.keeps_log]
        if not databases:
            raise CannotObserve("No database here keeps a write-ahead log: points in time need pgBackRest.")
        drills = [drill for one in databases if (drill := selectors.last_point_drill(one))]
        if len(drills) < len(databases):
            raise NothingYet("Not every database was recovered to a point in time yet: manage.py drill NAME --at now")
        worst = min(drills, key=lambda drill: (WORST_FIRST.index(DrillVerdict(drill.outcome)), drill.finished_at))
        is_open = worst.outcome == DrillVerdict.COULD_NOT_VERIFY
        measured = [drill.rto_seconds for drill in drills if drill.rto_seconds is not None]
        facts = {
            "verdict": worst.outcome,
            "databases": len(drills),
            "findings": sum(len(drill.findings) for drill in drills),
            **({"rto_seconds": max(measured)} if len(measured) == len(drills) else {}),
        }
        reason = worst.findings[0]["message"] if worst.findings else worst.error
        proven = f"{counted(databases)} recovered in {duration_in_words(timedelta(seconds=max(measured, default=0)))}"
        return Observation(
            facts={} if is_open else facts,
            observed_at=min(drill.finished_at for drill in drills if drill.finished_at),
            subject=str(worst),
            summary="" if is_open else _summary(worst, proven, reason),
            source=f"/admin/backups/drillrun/{worst.pk}/change/",
            error=f"The drill could not verify it: {reason}" if is_open else "",
        )

    def suggest(self, text: str) -> Suggestion | None:
        return suggestion_from(
            text,
            r"\bpoint[- ]in[- ]time\b[^.;]{0,40}\brecover\w*",
            r"\brecover\w*[^.;]{0,40}\bpoint[- ]in[- ]time\b",
            r"\bPITR\b",
        )


def _summary(worst: DrillRun, proven: str, reason: str) -> str:
    return f"{worst.database}: {reason}" if worst.outcome == DrillVerdict.FAILED else proven


register(PointInTime())
