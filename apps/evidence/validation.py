"""Whether a verifier can be asked something, and judged by a rule: problems by the name of the field."""

from datetime import timedelta
from typing import Any

from apps.common.wording import duration_in_words
from apps.evidence.contract import Rule, Verifier
from apps.evidence.engines.reading import check_plain
from apps.evidence.exceptions import EvidenceRefused
from apps.evidence.judge import RuleError, check_rule, comparisons_of
from apps.evidence.register import UnknownVerifier, find_verifier


def find_problems(*, verifier_key: str, parameters: Any, rule: Any, ttl: timedelta | None) -> dict[str, str]:
    """What is wrong with each of the four, in a sentence; empty when nothing is."""
    try:
        verifier = find_verifier(verifier_key)
    except UnknownVerifier as error:
        return {"verifier_key": error.message}
    problems = {
        "parameters": _parameters_problem(verifier, parameters),
        "rule": _rule_problem(verifier, rule) if rule is not None else "",
        "ttl": _ttl_problem(verifier, ttl) if ttl is not None else "",
    }
    return {field: problem for field, problem in problems.items() if problem}


def facts_of_rule(rule: Rule) -> set[str]:
    """The name of each fact that a well-formed rule looks at."""
    return {comparison["fact"] for comparison in comparisons_of(rule)}


def _parameters_problem(verifier: Verifier, parameters: Any) -> str:
    import jsonschema  # late: who only reads evidence validates nothing

    try:
        check_plain(parameters)
        jsonschema.validate(parameters, verifier.parameters_schema)
    except jsonschema.ValidationError as error:
        place = ".".join(str(part) for part in error.absolute_path)
        return f"{place}: {error.message}." if place else f"{error.message}."
    except EvidenceRefused as error:
        return error.message
    return ""


def _rule_problem(verifier: Verifier, rule: Any) -> str:
    try:
        check_plain(rule)
        check_rule(rule)
    except (EvidenceRefused, RuleError) as error:
        return error.message
    known = set(verifier.facts_schema.get("properties", {}))
    unknown = sorted(facts_of_rule(rule) - known)
    if unknown:
        return f"{verifier.key} has no fact {', '.join(unknown)}. It has: {', '.join(sorted(known))}."
    return ""


def _ttl_problem(verifier: Verifier, ttl: timedelta) -> str:
    if ttl <= timedelta(0):
        return "The time to live must be longer than nothing."
    if ttl > verifier.longest_ttl:
        return f"Evidence of {verifier.key} counts for {duration_in_words(verifier.longest_ttl)} at most."
    return ""
