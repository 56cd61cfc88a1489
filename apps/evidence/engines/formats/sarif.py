"""SARIF 2.1.0, as static analysis and dependency scanners write it."""

from collections.abc import Iterator
from typing import Any

from apps.evidence.engines.reading import Reading, read_json, refuse, require_list, require_object
from apps.evidence.engines.severities import count_severities, severity_of_score

_OF_LEVEL = {"error": "high", "warning": "medium", "note": "low", "none": ""}
_NO_PROBLEM = ("pass", "open", "informational", "notApplicable", "review")


def read(report: bytes) -> Reading:
    """The findings of all runs by severity: the rule's security-severity where it has one, else the level's."""
    log = require_object(read_json(report), "The report")
    if log.get("version") != "2.1.0":
        refuse("version", "must be 2.1.0")
    runs = require_list(log.get("runs"), "runs")
    if not runs:
        refuse("runs", "is empty: nothing was scanned")
    found = [each for number, run in enumerate(runs) for each in _findings(run, f"runs[{number}]")]
    counted = [severity for severity, is_suppressed in found if not is_suppressed]
    return Reading(count_severities(counted, suppressed=len(found) - len(counted)))


def _findings(run: Any, name: str) -> Iterator[tuple[str, bool]]:
    run = require_object(run, name)
    for invocation in require_list(run.get("invocations") or [], f"{name}.invocations"):
        if require_object(invocation, f"{name}.invocations").get("executionSuccessful") is False:
            refuse(f"{name}.invocations", "says that the scan did not succeed")
    if run.get("results") is None:
        refuse(f"{name}.results", "is missing: the scan came to no result")
    rules = _Rules(run, name)
    for number, result in enumerate(require_list(run["results"], f"{name}.results")):
        place = f"{name}.results[{number}]"
        result = require_object(result, place)
        severity = _severity(result, rules.rule_of(result, place), place)
        if severity and result.get("kind") not in _NO_PROBLEM and result.get("baselineState") != "absent":
            yield severity, _is_suppressed(result, place)


class _Rules:
    """The rules of a run, by their place and by their id, of the tool itself and of its extensions."""

    def __init__(self, run: dict[str, Any], name: str) -> None:
        tool = require_object(run.get("tool") or {}, f"{name}.tool")
        extensions = require_list(tool.get("extensions") or [], f"{name}.tool.extensions")
        components = [tool.get("driver") or {}, *extensions]
        self._lists = [self._of(component, f"{name}.tool") for component in components]
        self._by_id = {rule["id"]: rule for rules in self._lists for rule in rules if isinstance(rule.get("id"), str)}

    @staticmethod
    def _of(component: Any, name: str) -> list[dict[str, Any]]:
        rules = require_list(require_object(component, name).get("rules") or [], f"{name} rules")
        return [require_object(rule, f"{name} rules") for rule in rules]

    def rule_of(self, result: dict[str, Any], name: str) -> dict[str, Any]:
        """The rule that a result names, by any of the ways there are; an empty one where it is not told."""
        reference = require_object(result.get("rule") or {}, f"{name}.rule")
        rule_id = result.get("ruleId") or reference.get("id")
        if isinstance(rule_id, str) and rule_id in self._by_id:
            return self._by_id[rule_id]
        component = require_object(reference.get("toolComponent") or {}, f"{name}.rule.toolComponent")
        rules = _at(self._lists, component.get("index", -1) + 1 if _is_index(component.get("index", -1)) else 0, [])
        return _at(rules, result.get("ruleIndex", reference.get("index")), {})


def _severity(result: dict[str, Any], rule: dict[str, Any], name: str) -> str:
    for owner in (result, rule):
        score = require_object(owner.get("properties") or {}, f"{name} properties").get("security-severity")
        if score is not None:
            return severity_of_score(_score(score, name))
    configuration = require_object(rule.get("defaultConfiguration") or {}, f"{name} defaultConfiguration")
    level = result.get("level") or configuration.get("level") or "warning"
    return _OF_LEVEL[level] if level in list(_OF_LEVEL) else refuse(f"{name}.level", "must be one of SARIF's levels")


def _score(text: Any, name: str) -> float:
    try:
        score = float(text)
    except (TypeError, ValueError, OverflowError):
        score = -1.0
    return score if 0 <= score <= 10 else refuse(f"{name} security-severity", "must be a number from 0 to 10")


def _is_suppressed(result: dict[str, Any], name: str) -> bool:
    given = require_list(result.get("suppressions") or [], f"{name}.suppressions")
    states = [require_object(each, f"{name}.suppressions").get("status", "accepted") for each in given]
    return bool(states) and all(state == "accepted" for state in states)


def _is_index(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= -1


def _at(values: list[Any], index: Any, default: Any) -> Any:
    return values[index] if _is_index(index) and 0 <= index < len(values) else default
