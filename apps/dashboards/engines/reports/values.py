"""What a report is, whatever file it becomes: facts above, and tables below them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum

from apps.common.statuses import look_of
from apps.common.wording import amount_in_words, date_in_words, instant_in_words

Value = str | int | Decimal | date | datetime | None


class Shape(StrEnum):
    """How a reader sees the values of a column."""

    TEXT = "text"
    STATUS = "status"
    NUMBER = "number"
    DAY = "day"
    INSTANT = "instant"
    CODE = "code"


@dataclass(frozen=True)
class Column:
    """One column: its name for programs, its title for people."""

    key: str
    title: str
    shape: Shape = Shape.TEXT


@dataclass(frozen=True)
class Cell:
    """A value in its column."""

    column: Column
    value: Value

    @property
    def words(self) -> str:
        """The value as people read it."""
        return words_of(self.value, self.column.shape)


@dataclass(frozen=True)
class Table:
    """Rows under columns, and what to say when there are none."""

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Value]]
    nothing: str = "None."

    @property
    def lines(self) -> list[list[Cell]]:
        """The rows with each value in its column."""
        return [[Cell(*pair) for pair in zip(self.columns, row, strict=True)] for row in self.rows]


@dataclass(frozen=True)
class Report:
    """A title, what is most important in a row of facts, and the tables behind it. `name` begins its files' names."""

    name: str
    title: str
    answer: str
    decision: str
    at: datetime
    facts: tuple[Cell, ...]
    tables: tuple[Table, ...]


def fact(key: str, title: str, value: Value, shape: Shape = Shape.TEXT) -> Cell:
    """One line of a report's head."""
    return Cell(Column(key, title, shape), value)


def words_of(value: Value, shape: Shape = Shape.TEXT) -> str:
    """A value as people read it; empty for none."""
    match value:
        case None | "":
            return ""
        case datetime():
            return instant_in_words(value.astimezone(UTC))
        case date():
            return date_in_words(value)
        case Decimal():
            return amount_in_words(value)
    return look_of(value).word if shape is Shape.STATUS else " ".join(str(value).split())
