"""The evidence of this app: how available a service was, and whether this installation is ready."""

import re
from datetime import datetime, timedelta

from apps.catalog.models import Environment
from apps.catalog.selectors import is_this_installation
from apps.evidence.contract import CannotObserve, Context, NothingYet, Observation, Parameters, Suggestion, Verifier
from apps.evidence.register import register
from apps.healthchecks.models import Monitor
from apps.healthchecks.selectors import availability as figures

DEFAULT_WINDOW_HOURS = 24
NEEDED_COVERAGE_PERCENT = 90.0
_LONGEST_WINDOW_HOURS = 90 * 24
_HOURS = {"hour": 1, "day": 24, "week": 7 * 24, "month": 30 * 24, "quarter": 90 * 24, "year": 365 * 24}
_WINDOW = re.compile(
    r"\b(?:over|in|during|across|for|per|within|last|past|previous|rolling|trailing)[\s-]+"
    r"(?:(?:a|an|any|the|each|every|last|past|previous|rolling|trailing)[\s-]+)*"
    rf"(?P<number>\d{{1,4}})?[\s-]*(?P<unit>{'|'.join(_HOURS)})s?\b",
    re.IGNORECASE,
)


class Availability(Verifier):
    """How much of the time a service's monitor got the right answer."""

    key = "healthchecks.availability"
    title = "Availability by a scheduled monitor"
    description = "The share of a window in which the service gave the expected answer. Unknown time does not count."
    facts_schema = {
        "type": "object",
        "properties": {
            "availability_percent": {"type": "number", "minimum": 0, "maximum": 100},
            "checks": {"type": "integer", "minimum": 1},
            "failures": {"type": "integer", "minimum": 0},
            "coverage_percent": {"type": "number", "minimum": 0, "maximum": 100},
            "p95_milliseconds": {"type": ["number", "null"], "minimum": 0},
        },
        "required": ["availability_percent", "checks", "failures", "coverage_percent", "p95_milliseconds"],
        "additionalProperties": False,
    }
    parameters_schema = {
        "type": "object",
        "properties": {
            "window_hours": {"type": "integer", "minimum": 1, "maximum": _LONGEST_WINDOW_HOURS},
        },
        "additionalProperties": False,
    }
    default_rule = {
        "all": [
            {"fact": "availability_percent", "operator": ">=", "value": 99.0, "unit": "%"},
            {"fact": "coverage_percent", "operator": ">=", "value": NEEDED_COVERAGE_PERCENT, "unit": "%"},
        ]
    }
    default_ttl = timedelta(hours=1)
    longest_ttl = timedelta(days=7)
    phrases = ("uptime", "availability", "p95 ~ response time", "response time ~ p95", "p95 latency", "page load*")

    def suggest(self, text: str) -> Suggestion | None:
        """With the window that the text states. A longer one than is kept cannot be answered at all."""
        known, hours = super().suggest(text), _window_hours(text)
        if known is None or hours is None or hours == DEFAULT_WINDOW_HOURS:
            return known
        return Suggestion(known.phrase, {"window_hours": hours}) if hours <= _LONGEST_WINDOW_HOURS else None

    def collect(self, context: Context, parameters: Parameters) -> Observation:
        """The figures of the window that ends with the newest answer."""
        monitor = Monitor.objects.filter(environment=context.environment).first()
        if monitor is None:
            raise CannotObserve(f"{context.environment} has no monitor. Add one in the admin, under Health.")
        hours = parameters.get("window_hours", DEFAULT_WINDOW_HOURS)
        newest_at = _newest_answer(monitor, timedelta(hours=hours))
        found = figures.availability(monitor, end=newest_at, window=timedelta(hours=hours))
        facts = {name: getattr(found, name) for name in self.facts_schema["properties"]}
        return Observation(
            facts=facts,
            # The newest answer's instant, not the present: when probes stop, the evidence grows old.
            observed_at=newest_at,
            subject=monitor.url,
            summary=(
                f"{found.availability_percent:g} % available over {hours} h; "
                f"{found.failures} of {found.checks} checks failed; {found.coverage_percent:g} % of the time is known."
            ),
            source=f"/admin/healthchecks/monitor/{monitor.pk}/change/",
        )


def _window_hours(text: str) -> int | None:
    found = _WINDOW.search(text)
    return int(found["number"] or 1) * _HOURS[found["unit"].lower()] if found else None


def _newest_answer(monitor: Monitor, window: timedelta) -> datetime:
    span = figures.scheduled_span(monitor)
    # A monitor younger than its window cannot have covered it, which is nobody's failure.
    if span is None or span[1] - span[0] < window * NEEDED_COVERAGE_PERCENT / 100:
        raise NothingYet(f"The monitor of {monitor} has not watched for {window} yet.")
    return span[1]


class Ready(Verifier):
    """Whether this very installation is ready to serve."""

    key = "healthchecks.ready"
    title = "Seaworthy's own readiness"
    description = "What /readyz says of this installation: its database, its broker and its scheduler."
    facts_schema = {
        "type": "object",
        "properties": {
            "checks": {"type": "integer", "minimum": 1},
            "failures": {"type": "integer", "minimum": 0},
            **{name: {"enum": ["up", "down"]} for name in ("database", "broker", "beat")},
        },
        "required": ["checks", "failures", "database", "broker", "beat"],
        "additionalProperties": False,
    }
    default_rule = {"fact": "failures", "operator": "==", "value": 0}
    default_ttl = timedelta(minutes=15)
    longest_ttl = timedelta(days=1)
    phrases = ("readyz", "readiness probe*", "readiness endpoint*", "health check*", "health endpoint*")

    def applies_to(self, environment: Environment) -> bool:
        return is_this_installation(environment)

    def collect(self, context: Context, parameters: Parameters) -> Observation:
        """Run the checks of /readyz now. Only the service that is this installation can be seen so."""
        if not is_this_installation(context.environment):
            raise CannotObserve(f"{self.key} sees Seaworthy itself; bind a monitor's availability to other services.")
        from apps.healthchecks.selectors.own_health import check_readiness  # late: its library loads many others

        report = check_readiness()
        down = [check for check in report.checks if not check.is_up]
        facts = {check.name: "up" if check.is_up else "down" for check in report.checks}
        return Observation(
            facts={**facts, "checks": len(report.checks), "failures": len(down)},
            observed_at=report.checked_at,
            subject=str(context.environment),
            summary="; ".join(f"{check.name}: {check.reason}" for check in down) or "Every check is up.",
            source="/healthz",
        )


register(Availability())
register(Ready())
