"""What people want to see in a restored copy, beyond its being equal to the source."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class CheckKind(StrEnum):
    """How a check asks."""

    SQL = "sql"
    CANARY = "canary"
    FRESHNESS = "freshness"


@dataclass(frozen=True)
class Check:
    """One question to the restored copy. Which fields count depends on the kind."""

    name: str
    kind: CheckKind
    sql: str = ""
    table: str = ""
    column: str = ""
    value: str = ""
    maximum_age: timedelta | None = None
