"""The proof of a database's restorability over a period, as an in-toto Statement. Pure: figures in, a mapping out."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from .watching import AgePoint

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:seaworthy:restore-proof:v1"
# What of each framework the proof speaks to. Whether it satisfies an auditor is for the auditor to say.
CONTROLS = (
    ("ISO/IEC 27001:2022", "A.8.13", "Information backup: copies are maintained and regularly tested"),
    ("ISO/IEC 27001:2022", "A.5.30", "ICT readiness for business continuity: recovery objectives are tested"),
    ("SOC 2", "A1.2", "Availability: backup processes and recovery infrastructure"),
    ("SOC 2", "A1.3", "Availability: recovery plan procedures are tested"),
)


def make_statement(*, backups: Sequence[Mapping[str, Any]], predicate: Mapping[str, Any]) -> dict[str, Any]:
    """The statement: its subjects are the stored artefacts, by their SHA-256."""
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": one["storage_key"], "digest": {"sha256": one["sha256"]}} for one in backups],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            **predicate,
            "backups": list(backups),
            "controls": [{"framework": name, "id": identifier, "title": title} for name, identifier, title in CONTROLS],
        },
    }


def within_objective(points: Sequence[AgePoint], objective: timedelta) -> float:
    """The share of the time, from 0 to 1, in which the newest proven backup was young enough."""
    whole = points[-1].at - points[0].at
    if not whole:
        return 1.0 if points[-1].age is not None and points[-1].age <= objective else 0.0
    young = timedelta(0)
    for before, after in pairwise(points):
        if before.age is None or after.at == before.at:
            continue
        young += max(timedelta(0), min(after.at - before.at, objective - before.age))
    return young / whole


def instant(value: datetime | None) -> str | None:
    """As in-toto writes instants."""
    return value.isoformat().replace("+00:00", "Z") if value else None
