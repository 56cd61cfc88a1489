"""Lists of the tracker as files: the rows that the list shows on all its pages, with columns for programs."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Manager, Model, QuerySet

from apps.accounts.models import User
from apps.common.clock import now
from apps.dashboards.engines.reports.formats import Format, ReportFile, make_list_file
from apps.dashboards.engines.reports.values import Column, Table, Value
from apps.dashboards.exceptions import ViewRefused
from apps.dashboards.selectors.admin_lists import list_rows
from apps.roadmap.models import CostLine, Criterion, Milestone, Risk, Task

MOST_ROWS = 50_000
_PLACE = ("document.name", "section", "line")
_PEOPLE = ("owners", "assignees", "labels")
_TARGET = ("target_starts_on", "target_on", "target_precision")
# Each column is the way from the entry to its value.
COLUMNS: Mapping[type[Model], Sequence[str]] = {
    Milestone: (
        "id", "service.slug", "code", "title", "claim", "priority", "kind", *_PEOPLE, *_TARGET, *_PLACE
    ),
    Task: (
        "id", "service.slug", "text", "claim", "milestone", "work_item", "parent_id", *_PEOPLE, "effort",
        *_TARGET, *_PLACE,
    ),
    Criterion: (
        "id", "service.slug", "text", "claim", "requirement", "kind", "milestone", "work_item", *_PEOPLE,
        "is_waivable", "placeholders", *_PLACE,
    ),
    Risk: (
        "id", "service.slug", "title", "status", "severity", "likelihood", *_PEOPLE, "description", "impact",
        "mitigations", *_PLACE,
    ),
    CostLine: (
        "id", "service.slug", "label", "kind", "amount_minimum", "amount_maximum", "currency", "period", "text",
        *_PLACE,
    ),
}  # fmt: skip
_NAMES = {"service.slug": "service", "document.name": "document"}


def is_exported(model: type[Model]) -> bool:
    """Whether its list can become a file."""
    return model in COLUMNS


def list_file(*, of: str, query: str, format: Format, person: User) -> ReportFile:
    """The list as the person sees it under the query. Raises ViewRefused and FormatUnknown."""
    rows = list_rows(of=of, query=query, person=person)
    if rows.model not in COLUMNS:
        raise ViewRefused(f"list: {of} cannot be exported.")
    return make_list_file(_table(rows), format, at=now())


def _table(rows: QuerySet[Any]) -> Table:
    paths = COLUMNS[rows.model]
    count = rows.count()
    if count > MOST_ROWS:
        raise ViewRefused(f"list: {count} rows are too many for one file; filter the list to {MOST_ROWS} at most.")
    columns = tuple(Column(_NAMES.get(path, path), _NAMES.get(path, path)) for path in paths)
    return Table(
        key=str(rows.model._meta.verbose_name_plural).replace(" ", "-"),
        title=str(rows.model._meta.verbose_name_plural).capitalize(),
        columns=columns,
        rows=[[_value(entry, path) for path in paths] for entry in _related(rows, paths)],
    )


def _related(rows: QuerySet[Any], paths: Iterable[str]) -> QuerySet[Any]:
    """The rows with everything that the columns reach, in a number of queries that does not grow with them."""
    fields = {field.name: field for field in rows.model._meta.get_fields()}
    reached = [fields[name] for name in {path.split(".")[0] for path in paths} if name in fields]
    ones = [field.name for field in reached if field.many_to_one]
    many = [field.name for field in reached if field.many_to_many or field.one_to_many]
    return rows.select_related(None).prefetch_related(None).select_related(*ones).prefetch_related(*many)


def _value(entry: Any, path: str) -> Value:
    value = entry
    for name in path.split("."):
        value = getattr(value, name, None)
    if isinstance(value, Manager):
        return ", ".join(str(each) for each in value.all())
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if value is None or (isinstance(value, int | Decimal | date | datetime) and not isinstance(value, bool)):
        return value
    return str(value)
