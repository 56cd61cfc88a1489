"""The values of an entry as a document has them, and the same values on a row. Plain JSON on both sides."""

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from apps.catalog.models import Team
from apps.catalog.services import ensure_team
from apps.roadmap import models
from apps.roadmap.engines import entries
from apps.roadmap.engines.dates import Target

Values = dict[str, Any]
Row = models.Entry

MODELS: dict[type[entries.Entry], type[Row]] = {
    entries.Milestone: models.Milestone,
    entries.WorkItem: models.WorkItem,
    entries.Task: models.Task,
    entries.Criterion: models.Criterion,
    entries.Risk: models.Risk,
    entries.CostLine: models.CostLine,
}
# The field whose words an entry is known by.
NAMING_FIELDS = {"milestone": "title", "workitem": "title", "task": "text", "criterion": "text", "risk": "title",
                 "costline": "text"}  # fmt: skip

RELATED = frozenset({"owners", "mitigations"})  # values that are rows of their own, written once the row is saved


class Teams:
    """The teams of one import, each looked up once."""

    def __init__(self) -> None:
        self._by_name = {team.name.casefold(): team for team in Team.objects.all()}

    def named(self, name: str) -> Team:
        """The team of that name, created where it is missing."""
        name = name.strip()[:100]
        if name.casefold() not in self._by_name:
            self._by_name[name.casefold()] = ensure_team(name)
        return self._by_name[name.casefold()]


def read_entry(entry: entries.Entry) -> Values:
    """The values a document gives an entry, cut to what their columns hold."""
    return {name: _fit(entry, name, value) for name, value in READERS[type(entry)](entry).items()}


def read_row(row: Row, name: str) -> Any:
    """A value as the row has it now."""
    if name == "target":
        return _target_of(row)
    if name == "owners":
        return [team.name for team in row.owners.all()]  # type: ignore[attr-defined]
    if name == "mitigations":
        return [[mitigation.kind, mitigation.text] for mitigation in row.mitigations.all()]  # type: ignore[attr-defined]
    value = getattr(row, name)
    if isinstance(value, Team):
        return value.name
    return str(value) if isinstance(value, Decimal) else ("" if value is None and name == "owner" else value)


def write_row(row: Row, name: str, value: Any, teams: Teams) -> None:
    """Put a document's value on the row, which is not saved by this."""
    if name == "target":
        starts, ends, precision = value or (None, None, models.Precision.DAY.value)
        row.target_starts_on = date.fromisoformat(starts) if starts else None  # type: ignore[attr-defined]
        row.target_on = date.fromisoformat(ends) if ends else None  # type: ignore[attr-defined]
        row.target_precision = precision  # type: ignore[attr-defined]
    elif name == "owner":
        row.owner = teams.named(value) if value else None  # type: ignore[attr-defined]
    elif name.startswith("amount_"):
        setattr(row, name, None if value is None else Decimal(value))
    else:
        setattr(row, name, value)


def write_related(row: Any, values: Values, teams: Teams) -> None:
    """Write the values that are rows of their own: a milestone's owners, a risk's mitigations."""
    if "owners" in values:
        row.owners.set([teams.named(name) for name in values["owners"]])
    if "mitigations" in values:
        row.mitigations.all().delete()
        models.Mitigation.objects.bulk_create(
            models.Mitigation(risk=row, kind=kind, text=text, position=position)
            for position, (kind, text) in enumerate(values["mitigations"])
        )


def is_same(name: str, one: Any, other: Any) -> bool:
    """Whether two values of that name are equal; owners in any order and any case."""
    if name == "owners":
        return _folded(one) == _folded(other)
    if name == "owner":
        return (one or "").casefold() == (other or "").casefold()
    if name.startswith("amount_") and one is not None and other is not None:
        return Decimal(one) == Decimal(other)
    return bool(one == other)


def _folded(names: Iterable[str]) -> list[str]:
    return sorted(name.casefold() for name in names or ())


def _fit(entry: entries.Entry, name: str, value: Any) -> Any:
    if not isinstance(value, str) or name == "owner":
        return value
    return value[: getattr(MODELS[type(entry)]._meta.get_field(name), "max_length", None)]


def _target(target: Target | None) -> list[str] | None:
    return [target.start.isoformat(), target.end.isoformat(), target.precision.value] if target else None


def _target_of(row: Any) -> list[str] | None:
    if row.target_on is None:
        return None
    return [(row.target_starts_on or row.target_on).isoformat(), row.target_on.isoformat(), row.target_precision]


def _milestone(entry: entries.Milestone) -> Values:
    return {
        "kind": entry.kind.value,
        "code": entry.code,
        "title": entry.title,
        "claim": entry.claim.value,
        "owners": list(dict.fromkeys(name[:100] for name in entry.owners)),
        "target": _target(entry.target),
        "objectives": entry.objectives,
        "priority": entry.priority,
    }


def _work_item(entry: entries.WorkItem) -> Values:
    return {
        "number": entry.number,
        "title": entry.title,
        "priority": entry.priority,
        "effort": entry.effort,
        "impact": entry.impact,
        "current_state": entry.current_state,
    }


def _task(entry: entries.Task) -> Values:
    return {"text": entry.text, "claim": entry.claim.value, "owner": entry.owners[0][:100] if entry.owners else ""}


def _criterion(entry: entries.Criterion) -> Values:
    return {
        "kind": entry.kind.value,
        "text": entry.text,
        "claim": entry.claim.value,
        "measures": [
            {
                "metric": measure.metric,
                "operator": measure.operator,
                "value": str(measure.value),
                "unit": measure.unit,
                "percentile": None if measure.percentile is None else str(measure.percentile),
                "text": measure.text,
            }
            for measure in entry.measures
        ],
        "placeholders": list(entry.placeholders),
    }


def _risk(entry: entries.Risk) -> Values:
    severity = entry.severity.strip().lower()
    return {
        "title": entry.title,
        "description": entry.risk,
        "impact": entry.impact,
        "severity": severity if severity in models.Risk.Severity.values else "",
        "owner": entry.owner_text[:100],
        "mitigations": [[entry.countermeasure_kind, measure.text[:500]] for measure in entry.countermeasures],
    }


def _cost_line(entry: entries.CostLine) -> Values:
    return {
        "label": entry.text.split(":")[0].strip() or entry.text,
        "text": entry.text,
        "kind": entry.kind,
        "amount_minimum": None if entry.minimum is None else str(entry.minimum),
        "amount_maximum": None if entry.maximum is None else str(entry.maximum),
        "currency": entry.currency,
        "period": entry.period,
    }


READERS: dict[type[entries.Entry], Callable[[Any], Values]] = {
    entries.Milestone: _milestone,
    entries.WorkItem: _work_item,
    entries.Task: _task,
    entries.Criterion: _criterion,
    entries.Risk: _risk,
    entries.CostLine: _cost_line,
}
