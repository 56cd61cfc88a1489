"""The judge: facts and a rule in, a judgement out. Pure; a missing fact is never a pass.

A rule is a tree: {"all": [rule, …]}, {"any": [rule, …]}, {"not": rule}, or a comparison
{"fact": "rto_seconds", "operator": "<=", "value": 3600}.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from apps.common.exceptions import OperationError
from apps.evidence.engines.wording import label

_LONGEST_PATTERN = _LONGEST_MATCHED = 200
# Matching goes back and forth: its time grows with each repeat, and without bounds where a group is repeated.
_MOST_REPEATS = 3
_REPEAT = re.compile(r"(?<!\\)(?:\\\\)*(?:[*+]|\{\d*,\d*\})")
_REPEATED_GROUP = re.compile(r"(?<!\\)(?:\\\\)*\)(?:[*+]|\{)")


class Verdict(StrEnum):
    """What a rule says of facts. Undecided is for a fact that is missing or of another type."""

    PASSING = "passing"
    FAILING = "failing"
    UNDECIDED = "undecided"


class RuleError(OperationError):
    """The rule is malformed. The message says where."""


@dataclass(frozen=True)
class Judgement:
    """The verdict, and for each comparison that did not pass, a sentence."""

    verdict: Verdict
    reasons: tuple[str, ...] = ()


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda fact, value: fact == value,
    "!=": lambda fact, value: fact != value,
    "<": lambda fact, value: fact < value,
    "<=": lambda fact, value: fact <= value,
    ">": lambda fact, value: fact > value,
    ">=": lambda fact, value: fact >= value,
    "in": lambda fact, value: fact in value,
    "contains": lambda fact, value: value in fact,
    "matches": lambda fact, value: re.search(value, fact) is not None,
}
_KNOWN = frozenset({*_OPERATORS, "exists"})
_PARTS = frozenset({"fact", "operator", "value", "unit"})
_ORDERED = {"<", "<=", ">", ">="}
_WORDS = {
    "==": "be",
    "!=": "not be",
    "<": "be below",
    "<=": "be at most",
    ">": "be above",
    ">=": "be at least",
    "in": "be one of",
    "contains": "contain",
    "matches": "match",
}


def judge(facts: Mapping[str, Any], rule: Mapping[str, Any]) -> Judgement:
    """What the rule says of the facts. Raises RuleError for a malformed rule."""
    check_rule(rule)
    return _judge(facts, rule)


def check_rule(rule: Any, path: str = "rule") -> None:
    """Raise RuleError, naming the place, unless the rule is well formed."""
    if not isinstance(rule, Mapping) or not rule:
        raise RuleError(f"{path} must be an object with all, any, not, or fact.")
    if "fact" in rule:
        _check_comparison(rule, path)
        return
    if len(rule) != 1 or not set(rule) <= {"all", "any", "not"}:
        raise RuleError(f"{path} must have exactly one of all, any, not, fact.")
    name, inner = next(iter(rule.items()))
    parts = [inner] if name == "not" else inner
    if isinstance(parts, str) or not isinstance(parts, Sequence) or not parts:
        raise RuleError(f"{path}.{name} must be a list with at least one rule.")
    for number, part in enumerate(parts):
        check_rule(part, f"{path}.{name}[{number}]")


def rule_in_words(rule: Mapping[str, Any]) -> str:
    """What a well-formed rule asks: `RTO seconds must be below 3600 s and verdict must be proven`."""
    if "fact" in rule:
        return f"{label(rule['fact'])} must {_demand(rule)}"
    if "not" in rule:
        return f"not ({rule_in_words(rule['not'])})"
    name, word = ("all", " and ") if "all" in rule else ("any", " or ")
    parts = [rule_in_words(part) for part in rule[name]]
    return word.join(f"({part})" if " or " in part and name == "all" else part for part in parts)


def comparisons_of(rule: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Each comparison of a well-formed rule."""
    if "fact" in rule:
        yield rule
        return
    for inner in rule.values():
        for part in [inner] if isinstance(inner, Mapping) else inner:
            yield from comparisons_of(part)


def _check_comparison(rule: Mapping[str, Any], path: str) -> None:
    operator = rule.get("operator")
    if not isinstance(rule["fact"], str):
        raise RuleError(f"{path}.fact must be the name of a fact.")
    if operator not in _KNOWN:
        raise RuleError(f"{path}.operator must be one of {', '.join([*_OPERATORS, 'exists'])}.")
    if operator != "exists" and "value" not in rule:
        raise RuleError(f"{path}.value is missing.")
    if not rule.keys() <= _PARTS:
        raise RuleError(f"{path} has more than fact, operator, value and unit.")
    if operator == "matches":
        _check_pattern(rule["value"], path)


def _check_pattern(pattern: Any, path: str) -> None:
    try:
        if len(pattern) > _LONGEST_PATTERN:
            raise RuleError(f"{path}.value is a pattern of more than {_LONGEST_PATTERN} characters.")
        re.compile(pattern)
    except (re.error, TypeError, RecursionError) as error:
        raise RuleError(f"{path}.value is not a pattern: {error}.") from error
    if _REPEATED_GROUP.search(pattern) or len(_REPEAT.findall(pattern)) > _MOST_REPEATS:
        raise RuleError(f"{path}.value repeats a group, or has more than {_MOST_REPEATS} repeats.")


def _judge(facts: Mapping[str, Any], rule: Mapping[str, Any]) -> Judgement:
    if "fact" in rule:
        return _compare(facts, rule)
    if "not" in rule:
        return _negate(_judge(facts, rule["not"]))
    name = "all" if "all" in rule else "any"
    return _combine(name, [_judge(facts, part) for part in rule[name]])


def _combine(name: str, parts: list[Judgement]) -> Judgement:
    decisive = Verdict.FAILING if name == "all" else Verdict.PASSING
    other = Verdict.PASSING if name == "all" else Verdict.FAILING
    verdicts = {part.verdict for part in parts}
    verdict = decisive if decisive in verdicts else Verdict.UNDECIDED if Verdict.UNDECIDED in verdicts else other
    if verdict is Verdict.PASSING:
        return Judgement(verdict)
    return Judgement(verdict, tuple(reason for part in parts for reason in part.reasons))


def _negate(part: Judgement) -> Judgement:
    opposite = {Verdict.PASSING: Verdict.FAILING, Verdict.FAILING: Verdict.PASSING}
    verdict = opposite.get(part.verdict, Verdict.UNDECIDED)
    if verdict is Verdict.FAILING:
        return Judgement(verdict, ("What must not be is so.",))
    return Judgement(verdict, part.reasons if verdict is Verdict.UNDECIDED else ())


def _compare(facts: Mapping[str, Any], rule: Mapping[str, Any]) -> Judgement:
    name, operator, wanted = rule["fact"], rule["operator"], rule.get("value")
    fact = facts.get(name)
    if fact is None:
        verdict = Verdict.FAILING if operator == "exists" else Verdict.UNDECIDED
        return Judgement(verdict, (f"{label(name)} is missing.",))
    passes = operator == "exists" or _passes(fact, operator, wanted)
    if passes:
        return Judgement(Verdict.PASSING)
    if passes is None:
        return Judgement(Verdict.UNDECIDED, (f"{label(name)}: {fact!r} cannot be compared with {wanted!r}.",))
    return Judgement(Verdict.FAILING, (f"{label(name)}: {_plain(fact)}{_unit(rule)}, must {_demand(rule)}.",))


def _passes(fact: Any, operator: str, wanted: Any) -> bool | None:
    """None where the two cannot be compared."""
    if operator in _ORDERED and not _comparable(fact, wanted):
        return None
    if operator == "matches" and len(str(fact)) > _LONGEST_MATCHED:
        return None
    try:
        return _OPERATORS[operator](fact, wanted)
    except TypeError:
        return None


def _demand(comparison: Mapping[str, Any]) -> str:
    if comparison["operator"] == "exists":
        return "be known"
    wanted = comparison["value"]
    listed = ", ".join(map(str, wanted)) if isinstance(wanted, list) else f"{_plain(wanted)}{_unit(comparison)}"
    return f"{_WORDS[comparison['operator']]} {listed}"


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _unit(comparison: Mapping[str, Any]) -> str:
    return f" {comparison['unit']}" if comparison.get("unit") else ""


def _comparable(fact: Any, wanted: Any) -> bool:
    # A truth value counts as a number in Python; here it does not.
    numbers = all(isinstance(side, int | float) and not isinstance(side, bool) for side in (fact, wanted))
    return numbers or (isinstance(fact, str) and isinstance(wanted, str))
