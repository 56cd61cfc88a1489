"""What all evidence from outside has in common."""

from collections.abc import Mapping
from typing import Any

from apps.evidence.contract import Context, NothingYet, Observation, Parameters, Trust, Verifier

COUNT = {"type": "integer", "minimum": 0}
PERCENT = {"type": "number", "minimum": 0, "maximum": 100}
AMOUNT = {"type": "number", "minimum": 0}
COMMIT = {"type": "string", "minLength": 7, "maxLength": 64}
NAME = {"type": "string", "minLength": 1, "maxLength": 100}


class PushedVerifier(Verifier):
    """Evidence that somebody else saw. Nobody is asked for it: what is not pushed in time is stale by itself."""

    trust = Trust.PUSHED

    def collect(self, context: Context, parameters: Parameters) -> Observation:
        raise NothingYet(f"{self.key} is not collected; push a report to /api/v1/evidence/.")


def facts(required: Mapping[str, Any], **optional: Any) -> dict[str, Any]:
    """The schema of facts. Each may also name the commit that it was seen of, for rules to look at."""
    properties = {**required, **optional, "commit": COMMIT}
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def parameters(**optional: Any) -> dict[str, Any]:
    """The schema of parameters, each of which tells one stream of reports from another."""
    return {"type": "object", "properties": optional, "additionalProperties": False}
