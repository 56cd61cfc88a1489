"""The same values on a row: read, compared and written as the plain JSON that documents give."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from apps.catalog.models import Team
from apps.catalog.services import ensure_team
from apps.roadmap import models
from apps.roadmap.services.document_values import Values

Row = models.Entry

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


def write_related(row: Any, values: Values, teams: Teams, *, is_new: bool = False) -> None:
    """Write the values that are rows of their own: a milestone's owners, a risk's mitigations. A new row has none."""
    owners = [teams.named(name) for name in values.get("owners", ())]
    if is_new and owners:
        row.owners.add(*owners)
    elif "owners" in values and not is_new:
        row.owners.set(owners)
    if "mitigations" in values:
        if not is_new:
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


def _target_of(row: Any) -> list[str] | None:
    if row.target_on is None:
        return None
    return [(row.target_starts_on or row.target_on).isoformat(), row.target_on.isoformat(), row.target_precision]
