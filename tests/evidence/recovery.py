"""A verifier of the tests: it reports the recovery time that a test wrote into its parameters' shelf."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from apps.evidence import register
from apps.evidence.contract import CannotObserve, Context, NothingYet, Observation, Parameters, Verifier


class Recovery(Verifier):
    """Answers with the next thing on its shelf: facts, an error to raise, or nothing yet."""

    key = "tests.recovery"
    title = "Recovery rehearsal"
    facts_schema = {
        "type": "object",
        "properties": {"verdict": {"type": "string"}, "rto_seconds": {"type": "number"}},
        "required": ["verdict"],
        "additionalProperties": False,
    }
    parameters_schema = {
        "type": "object",
        "properties": {"database": {"type": "string", "minLength": 1}},
        "additionalProperties": False,
    }
    default_rule = {"fact": "verdict", "operator": "==", "value": "proven"}
    default_ttl = timedelta(days=7)
    longest_ttl = timedelta(days=30)
    phrases = ("sea trial*",)

    def __init__(self) -> None:
        self.shelf: list[dict[str, Any] | Exception] = []
        self.asked: list[Parameters] = []

    def collect(self, context: Context, parameters: Parameters) -> Observation:
        self.asked.append(parameters)
        if not self.shelf:
            raise NothingYet("No rehearsal has been run.")
        answer = self.shelf.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return Observation(facts=answer, observed_at=context.now, subject=str(context.environment), summary="Rehearsed")


@contextmanager
def registered(verifier: Verifier) -> Iterator[Verifier]:
    """The verifier is known inside the block."""
    register.register(verifier)
    try:
        yield verifier
    finally:
        del register._verifiers[verifier.key]


__all__ = ["CannotObserve", "Recovery", "registered"]
