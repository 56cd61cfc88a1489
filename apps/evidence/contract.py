"""What a verifier is: a named way to see a fact about a service, written by the app that can see it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.db import models

from apps.catalog.models import Environment
from apps.common.exceptions import OperationError
from apps.evidence.phrases import find_phrase

Facts = Mapping[str, Any]
Parameters = Mapping[str, Any]
Rule = Mapping[str, Any]
CLOCK_SKEW = timedelta(minutes=5)  # how far the clock of what saw something may be ahead of ours


class Trust(models.TextChoices):
    """How the facts came to be, the strongest first."""

    PRODUCED = "produced", "Produced by Seaworthy"
    PULLED = "pulled", "Pulled from its source"
    SIGNED = "signed", "Pushed and signed"
    PUSHED = "pushed", "Pushed with a token"
    ATTESTED = "attested", "Attested by a person"


class CannotObserve(OperationError):
    """There is nothing to observe, or it could not be seen. The message says what to do."""


class NothingYet(CannotObserve):
    """The operation that makes the evidence has not run yet: the evidence is pending, not wrong."""


@dataclass(frozen=True)
class Context:
    """What an observation is about, and when it is made."""

    environment: Environment
    now: datetime


@dataclass(frozen=True)
class Observation:
    """Facts seen at an instant. `summary` says them in a sentence; `source` is the address of their record."""

    facts: Facts
    observed_at: datetime
    subject: str
    summary: str = ""
    source: str = ""
    error: str = ""


@dataclass(frozen=True)
class Suggestion:
    """A phrase of a criterion that this verifier can answer, with parameters and rule read from it."""

    phrase: str
    parameters: Parameters = field(default_factory=dict)
    rule: Rule | None = None


class Verifier:
    """One kind of evidence. Subclass it in `<app>/verifiers.py` and register an instance."""

    key: ClassVar[str]
    version: ClassVar[str] = "1.0.0"
    title: ClassVar[str]
    description: ClassVar[str] = ""
    facts_schema: ClassVar[Mapping[str, Any]]
    parameters_schema: ClassVar[Mapping[str, Any]] = {"type": "object", "properties": {}, "additionalProperties": False}
    default_rule: ClassVar[Rule]
    default_ttl: ClassVar[timedelta]
    longest_ttl: ClassVar[timedelta]
    trust: ClassVar[Trust] = Trust.PRODUCED
    phrases: ClassVar[tuple[str, ...]] = ()  # words of criteria that it answers; see `phrases.find_phrase`

    def collect(self, context: Context, parameters: Parameters) -> Observation:
        """Look, and say what was seen. Raises NothingYet or CannotObserve; any other exception is our own error."""
        raise CannotObserve(f"{self.key} is not collected; its evidence is pushed.")

    def suggest(self, text: str) -> Suggestion | None:
        """The phrase of a criterion's text that this verifier answers, or None."""
        phrase = find_phrase(text, self.phrases)
        return Suggestion(phrase) if phrase else None

    def applies_to(self, environment: Environment) -> bool:
        """Whether it can see that environment at all. It is neither suggested nor asked where it cannot."""
        return True

    def summarise(self, facts: Facts) -> str:
        """Facts in a sentence, where whoever saw them did not say one."""
        return ""

    @property
    def major_version(self) -> int:
        """Evidence of another major version does not count."""
        return int(self.version.split(".")[0])
