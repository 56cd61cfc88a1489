"""The values a document gives its entries, as plain JSON, cut to what their columns hold."""

from collections.abc import Callable
from typing import Any

from apps.roadmap import models
from apps.roadmap.engines import entries
from apps.roadmap.engines.dates import Target
from apps.roadmap.engines.owners import split_owners
from apps.roadmap.engines.risks import read_grade

Values = dict[str, Any]

MODELS: dict[type[entries.Entry], type[models.Entry]] = {
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
# What is read out of another value, and so goes where that value goes.
DERIVED = {"measures": "text", "placeholders": "text", "label": "text"}


def read_entry(entry: entries.Entry) -> Values:
    """The values a document gives an entry, cut to what their columns hold."""
    return {name: _fit(entry, name, value) for name, value in READERS[type(entry)](entry).items()}


def _fit(entry: entries.Entry, name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return value[: getattr(MODELS[type(entry)]._meta.get_field(name), "max_length", None)]


def _target(target: Target | None) -> list[str] | None:
    return [target.start.isoformat(), target.end.isoformat(), target.precision.value] if target else None


def _owners(names: tuple[str, ...]) -> list[str]:
    return list(dict.fromkeys(name[:100] for name in names))


def _milestone(entry: entries.Milestone) -> Values:
    return {
        "kind": entry.kind.value,
        "code": entry.code,
        "title": entry.title,
        "claim": entry.claim.value,
        "owners": _owners(entry.owners),
        "target": _target(entry.target),
        "objectives": entry.objectives,
        "priority": entry.priority,
    }


def _work_item(entry: entries.WorkItem) -> Values:
    return {
        "number": entry.number,
        "title": entry.title,
        "claim": entry.claim.value,
        "owners": _owners(entry.owners),
        "target": _target(entry.target),
        "priority": entry.priority,
        "effort": entry.effort,
        "impact": entry.impact,
        "current_state": entry.current_state,
    }


def _task(entry: entries.Task) -> Values:
    return {
        "text": entry.text,
        "claim": entry.claim.value,
        "owners": _owners(entry.owners),
        "target": _target(entry.target),
    }


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
    return {
        "title": entry.title,
        "description": entry.risk,
        "impact": entry.impact,
        "severity": read_grade(entry.severity) or read_grade(entry.impact),
        "likelihood": read_grade(entry.likelihood),
        "owners": _owners(split_owners(entry.owner_text)),
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
