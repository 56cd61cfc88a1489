"""CycloneDX 1.4 to 1.6 in JSON: an inventory with the vulnerabilities that were found in it, and what they mean."""

from typing import Any

from apps.evidence.engines.reading import Reading, read_json, refuse, require_list, require_number, require_object
from apps.evidence.engines.severities import SEVERITIES, count_severities, severity_of_score

_VERSIONS = ("1.4", "1.5", "1.6")
_SETTLED = ("resolved", "resolved_with_pedigree", "false_positive", "not_affected")
_HARMLESS = ("info", "none")


def read(report: bytes) -> Reading:
    """The vulnerabilities by severity. Those that an analysis settled are not counted; one without a rating is high."""
    inventory = require_object(read_json(report), "The report")
    if inventory.get("bomFormat") != "CycloneDX":
        refuse("bomFormat", "must be CycloneDX")
    if inventory.get("specVersion") not in _VERSIONS:
        refuse("specVersion", f"must be one of {', '.join(_VERSIONS)}")
    if "vulnerabilities" not in inventory:
        refuse("vulnerabilities", "is missing: an inventory alone does not say that nothing was found in it")
    given = require_list(inventory["vulnerabilities"], "vulnerabilities")
    found = [_read_vulnerability(each, f"vulnerabilities[{number}]") for number, each in enumerate(given)]
    counted = [severity for severity, is_settled in found if not is_settled]
    return Reading(count_severities(counted, suppressed=len(found) - len(counted)))


def _read_vulnerability(vulnerability: Any, name: str) -> tuple[str, bool]:
    vulnerability = require_object(vulnerability, name)
    analysis = require_object(vulnerability.get("analysis") or {}, f"{name}.analysis")
    ratings = require_list(vulnerability.get("ratings") or [], f"{name}.ratings")
    words = [_severity(rating, f"{name}.ratings[{number}]") for number, rating in enumerate(ratings)]
    return _worst([word for word in words if word is not None]), analysis.get("state") in _SETTLED


def _severity(rating: Any, name: str) -> str | None:
    rating = require_object(rating, name)
    word, score = rating.get("severity"), rating.get("score")
    if word in SEVERITIES:
        return str(word)
    if word in _HARMLESS:
        return ""
    return None if score is None else severity_of_score(require_number(score, f"{name}.score"))


def _worst(words: list[str]) -> str:
    if not words:
        return "high"
    return min(words, key=lambda word: SEVERITIES.index(word) if word else len(SEVERITIES))
