"""The same values on a row: read, compared and written as the plain JSON that documents give."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from apps.catalog.models import Team
from apps.catalog.services import ensure_team
from apps.roadmap import models
from apps.roadmap.services.document_values import Values
from apps.roadmap.services.history import remember_related

Row = models.Entry

RELATED = frozenset({"owners", "mitigations"})  # values that are rows of their own, written once the row is saved


class Teams:
    """The teams of one import, each looked up once."""

    @cached_property
    def _by_name(self) -> dict[str, Team]:
        return {team.name.casefold(): team for team in Team.objects.all()}

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
    return str(value) if isinstance(value, Decimal) else value


def write_row(row: Row, name: str, value: Any) -> None:
    """Put a document's value on the row, which is not saved by this."""
    if name == "target":
        starts, ends, precision = value or (None, None, models.Precision.DAY.value)
        row.target_starts_on = date.fromisoformat(starts) if starts else None  # type: ignore[attr-defined]
        row.target_on = date.fromisoformat(ends) if ends else None  # type: ignore[attr-defined]
        row.target_precision = precision  # type: ignore[attr-defined]
    elif name.startswith("amount_"):
        setattr(row, name, None if value is None else Decimal(value))
    else:
        setattr(row, name, value)


def create_related(created: Sequence[tuple[Any, Values]], teams: Teams) -> None:
    """Write the values that are rows of their own for new rows of one kind: owners, risks' mitigations."""
    models.Mitigation.objects.bulk_create(each for row, values in created for each in _mitigations(row, values))
    owned = [(row, teams.named(name)) for row, values in created for name in values.get("owners", ())]
    if owned:
        through = type(owned[0][0]).owners.through
        column = type(owned[0][0]).owners.field.m2m_column_name()
        through.objects.bulk_create(
            [through(**{column: row.pk, "team_id": team.pk}) for row, team in dict.fromkeys(owned)]
        )
        remember_related([row for row, _ in owned])


def write_related(row: Any, values: Values, teams: Teams) -> None:
    """The same for a row that may have such values already. The version is written by whoever calls, for all of it."""
    if "owners" in values:
        row.skip_history_when_saving = True
        row.owners.set([teams.named(name) for name in values["owners"]])
        del row.skip_history_when_saving
    if "mitigations" in values:
        row.mitigations.all().delete()
        models.Mitigation.objects.bulk_create(_mitigations(row, values))


def _mitigations(row: Any, values: Values) -> Iterator[models.Mitigation]:
    for position, (kind, text) in enumerate(values.get("mitigations", ())):
        yield models.Mitigation(risk=row, kind=kind, text=text, position=position)


def is_same(name: str, one: Any, other: Any) -> bool:
    """Whether two values of that name say the same: owners in any order and case, words as they stand on one line."""
    if name == "owners":
        return _folded(one) == _folded(other)
    if name.startswith("amount_") and one is not None and other is not None:
        return Decimal(one) == Decimal(other)
    if name == "mitigations":
        return _in_line(one) == _in_line(other)
    if isinstance(one, str) and isinstance(other, str) and one != other:
        return _words(one) == _words(other)
    return bool(one == other)


def _words(text: str) -> list[str]:
    return text.replace("\\|", "|").split()  # a pipe in a table's cell


def _in_line(measures: Iterable[Sequence[str]] | None) -> list[tuple[str, list[str]]]:
    return [(kind, _words(text)) for kind, text in measures or ()]


def _folded(names: Iterable[str]) -> list[str]:
    return sorted(name.casefold() for name in names or ())


def _target_of(row: Any) -> list[str] | None:
    if row.target_on is None:
        return None
    return [(row.target_starts_on or row.target_on).isoformat(), row.target_on.isoformat(), row.target_precision]
