"""From a criterion's words to the checks that could prove it. Pure: text and verifiers in, proposals out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from apps.evidence.contract import Parameters, Rule, Verifier
from apps.evidence.judge import check_rule, comparisons_of, rule_in_words
from apps.evidence.validation import facts_of_rule
from apps.roadmap.engines.chosen_clauses import clauses_of
from apps.roadmap.engines.measures import Measure, read_measures

_FACTS = {
    "rto": "rto_seconds",
    "rpo": "rpo_seconds",
    "uptime": "availability_percent",
    "coverage": "line_percent",
    "error_rate": "error_percent",
    "latency": "p{percentile}_milliseconds",
    "throughput": "requests_per_second",
}
_SECONDS = {"millisecond": 0.001, "second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}
_FACTORS: dict[str, Mapping[str, float]] = {
    "seconds": _SECONDS,
    "milliseconds": {unit: seconds * 1_000 for unit, seconds in _SECONDS.items()},
    "percent": {"percent": 1},
    "second": {"request_per_second": 1},
}
_SHOWN_UNITS = {"seconds": "s", "milliseconds": "ms", "percent": "%", "second": "requests/s"}


@dataclass(frozen=True)
class Proposal:
    """A verifier for a clause. The clause is empty when it is all of the criterion; no rule is the verifier's own."""

    verifier_key: str
    clause: str = ""
    parameters: Parameters = field(default_factory=dict)
    rule: Rule | None = None


def propose(text: str, verifiers: Iterable[Verifier], chosen: Sequence[str] = ()) -> Iterator[Proposal]:
    """Each verifier that knows what a clause of the text speaks of, with the threshold that the clause states."""
    verifiers, clauses = list(verifiers), clauses_of(text, chosen)
    for clause in clauses:
        for verifier in verifiers:
            if suggestion := verifier.suggest(clause):
                yield Proposal(
                    verifier_key=verifier.key,
                    clause=clause if len(clauses) > 1 else "",
                    parameters=dict(suggestion.parameters),
                    rule=suggestion.rule or rule_from_measures(clause, verifier),
                )


def rule_from_measures(text: str, verifier: Verifier) -> Rule | None:
    """The verifier's own rule with the thresholds that the text states in their place; None when it states none."""
    stated = _stated(text, verifier)
    if not stated:
        return None
    replaced = {each.fact for each in stated}
    default = verifier.default_rule.get("all", [verifier.default_rule])
    kept = [part for part in default if not facts_of_rule(part) <= replaced]
    return {"all": [*kept, *(each.as_rule() for each in stated)]}


def thresholds_not_asked(text: str, verifier: Verifier, rule: Rule) -> tuple[str, ...]:
    """The thresholds that the text states and the verifier could see, but the rule does not ask. Raises RuleError."""
    stated = _stated(text, verifier)
    if not stated:
        return ()
    check_rule(rule)
    asked = list(comparisons_of(rule))
    missing = [each for each in stated if not any(each.is_asked_by(one) for one in asked)]
    return tuple(rule_in_words(each.as_rule()) for each in missing)


@dataclass(frozen=True)
class Threshold:
    """A comparison of a fact with a number, in the fact's unit."""

    fact: str
    operator: str
    value: float
    unit: str

    def as_rule(self) -> dict[str, Any]:
        plain = int(self.value) if float(self.value).is_integer() else self.value
        return {"fact": self.fact, "operator": self.operator, "value": plain, "unit": self.unit}

    def is_asked_by(self, comparison: Mapping[str, Any]) -> bool:
        """The comparison is about the same fact, and at least as strict."""
        operator, value = comparison["operator"], comparison.get("value")
        if comparison["fact"] != self.fact or not isinstance(value, int | float) or operator[0] != self.operator[0]:
            return False
        if value == self.value:
            return operator == self.operator or "=" not in operator
        return value < self.value if self.operator[0] == "<" else value > self.value


def _stated(text: str, verifier: Verifier) -> list[Threshold]:
    known = verifier.facts_schema.get("properties", {})
    return [each for each in read_thresholds(text) if each.fact in known]


@lru_cache(maxsize=8192)  # every reader of a roadmap asks for the same few texts
def read_thresholds(text: str) -> tuple[Threshold, ...]:
    """The thresholds of the text that are about a fact which some verifier may see."""
    return tuple(each for measure in read_measures(text) if (each := _threshold(measure)))


def _threshold(measure: Measure) -> Threshold | None:
    percentile = f"{measure.percentile:g}" if measure.percentile is not None else ""
    fact = _FACTS.get(measure.metric, "").format(percentile=percentile)
    scale = fact.rpartition("_")[2]
    factor = _FACTORS.get(scale, {}).get(measure.unit)
    if factor is None:
        return None
    return Threshold(fact, measure.operator, round(float(measure.value) * factor, 6), _SHOWN_UNITS[scale])
