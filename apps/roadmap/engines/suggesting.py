"""From a criterion's words to the checks that could prove it. Pure: text and verifiers in, proposals out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.evidence.contract import Parameters, Rule, Verifier
from apps.evidence.validation import facts_of_rule
from apps.roadmap.engines.clauses import split_clauses
from apps.roadmap.engines.measures import Measure, read_measures

_FACTS = {
    "rto": "rto_seconds",
    "rpo": "rpo_seconds",
    "uptime": "availability_percent",
    "coverage": "coverage_percent",
    "error_rate": "error_rate_percent",
    "latency": "p{percentile}_milliseconds",
}
_SECONDS = {"millisecond": 0.001, "second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}
_FACTORS: dict[str, Mapping[str, float]] = {
    "seconds": _SECONDS,
    "milliseconds": {unit: seconds * 1_000 for unit, seconds in _SECONDS.items()},
    "percent": {"percent": 1},
}
_SHOWN_UNITS = {"seconds": "s", "milliseconds": "ms", "percent": "%"}


@dataclass(frozen=True)
class Proposal:
    """A verifier for a clause. The clause is empty when it is all of the criterion; no rule is the verifier's own."""

    verifier_key: str
    clause: str = ""
    parameters: Parameters = field(default_factory=dict)
    rule: Rule | None = None


def propose(text: str, verifiers: Iterable[Verifier]) -> Iterator[Proposal]:
    """Each verifier that knows what a clause of the text speaks of, with the threshold that the clause states."""
    verifiers, clauses = list(verifiers), split_clauses(text)
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
    known = set(verifier.facts_schema.get("properties", {}))
    stated = [each for measure in read_measures(text) if (each := _comparison(measure)) and each["fact"] in known]
    if not stated:
        return None
    replaced = {each["fact"] for each in stated}
    default = verifier.default_rule.get("all", [verifier.default_rule])
    kept = [part for part in default if not set(facts_of_rule(part)) <= replaced]
    return {"all": [*kept, *stated]}


def _comparison(measure: Measure) -> dict[str, Any] | None:
    percentile = f"{measure.percentile:g}" if measure.percentile is not None else ""
    fact = _FACTS.get(measure.metric, "").format(percentile=percentile)
    scale = fact.rpartition("_")[2]
    factor = _FACTORS.get(scale, {}).get(measure.unit)
    if factor is None:
        return None
    value = round(float(measure.value) * factor, 6)
    plain = int(value) if value.is_integer() else value
    return {"fact": fact, "operator": measure.operator, "value": plain, "unit": _SHOWN_UNITS[scale]}
