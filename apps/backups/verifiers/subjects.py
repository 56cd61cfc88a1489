"""Which databases a verifier looks at, and the schemas that they share."""

from collections.abc import Mapping
from typing import Any

from apps.backups import selectors
from apps.backups.models import Database
from apps.evidence.contract import CannotObserve, Context, Parameters

PARAMETERS: Mapping[str, Any] = {
    "type": "object",
    "properties": {"database": {"type": "string", "description": "One database; without it, all of the environment."}},
    "additionalProperties": False,
}
COUNT: Mapping[str, Any] = {"type": "integer", "minimum": 0}
SECONDS: Mapping[str, Any] = {"type": "number", "unit": "s"}
BYTES: Mapping[str, Any] = {"type": "integer", "minimum": 0, "unit": "B"}


def databases_in(context: Context, parameters: Parameters) -> list[Database]:
    """The environment's databases, or the one that is named. Raises CannotObserve when there is none."""
    databases = selectors.databases_of(context.environment, parameters.get("database"))
    if not databases:
        wanted = parameters.get("database")
        what = f"The database {wanted} is not there or is disabled" if wanted else "No database is enabled"
        raise CannotObserve(f"{what} in {context.environment}. Add it under Backups.")
    return databases


def counted(databases: list[Database]) -> str:
    """Their name or their number."""
    return databases[0].name if len(databases) == 1 else f"{len(databases)} databases"
