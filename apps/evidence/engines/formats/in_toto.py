"""in-toto Statements, version 1: results of tests, and simple verification results. Also inside an envelope."""

from datetime import datetime
from typing import Any

from apps.evidence.engines.envelopes import open_envelope
from apps.evidence.engines.reading import Reading, Subject, read_json, refuse, require_list, require_object

_STATEMENT = "https://in-toto.io/Statement/v1"
_TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"
_VERIFICATION_RESULT = "https://in-toto.io/attestation/svr/v0.1"
_PASSED, _FAILED = ("PASSED", "WARNED"), "FAILED"
_MOST_PROPERTIES = 100


def read(report: bytes) -> Reading:
    """What the statement's predicate says. Whether it was signed is another question, asked elsewhere."""
    envelope = open_envelope(report)
    statement = require_object(read_json(envelope.payload if envelope else report), "The statement")
    if statement.get("_type") != _STATEMENT:
        refuse("_type", f"must be {_STATEMENT}")
    subject = _subject(statement)
    predicate = require_object(statement.get("predicate"), "predicate")
    kind = statement.get("predicateType")
    if kind == _TEST_RESULT:
        return Reading(_tests(predicate), subject, verifier_key="ci.tests")
    if kind != _VERIFICATION_RESULT:
        refuse("predicateType", f"must be {_TEST_RESULT} or {_VERIFICATION_RESULT}")
    at = _instant(predicate.get("timeCreated"))
    return Reading(_verification(predicate), subject, at, verifier_key="ci.verification")


def _subject(statement: dict[str, Any]) -> Subject:
    subjects = require_list(statement.get("subject"), "subject")
    if not subjects:
        refuse("subject", "is empty: the statement is about nothing")
    first = require_object(subjects[0], "subject[0]")
    digests = require_object(first.get("digest"), "subject[0].digest")
    name = str(first.get("name") or "")[:100]
    if any(not isinstance(value, str) for value in digests.values()) or not digests:
        refuse("subject[0].digest", "must name at least one digest")
    commit = digests.get("gitCommit", "")
    if commit:
        return Subject(name=name, commit=commit[:64])
    algorithm = "sha256" if "sha256" in digests else min(digests)
    return Subject(name=name, digest=f"{algorithm}:{digests[algorithm]}"[:150])


def _tests(predicate: dict[str, Any]) -> dict[str, Any]:
    """The counts of the lists. A run that lists no tests counts as one."""
    result = predicate.get("result")
    if result not in (*_PASSED, _FAILED):
        refuse("predicate.result", "must be PASSED, WARNED or FAILED")
    passed, warned, failed = (
        len(require_list(predicate.get(name) or [], f"predicate.{name}"))
        for name in ("passedTests", "warnedTests", "failedTests")
    )
    if result == _FAILED:
        failed = max(failed, 1)
    elif not passed + warned + failed:
        passed = 1
    return {"passed": passed + warned, "failed": failed, "errored": 0, "skipped": 0}


def _verification(predicate: dict[str, Any]) -> dict[str, Any]:
    verifier = require_object(predicate.get("verifier"), "predicate.verifier").get("id")
    properties = require_list(predicate.get("properties"), "predicate.properties")
    if not isinstance(verifier, str) or not 1 <= len(verifier) <= 300:
        refuse("predicate.verifier.id", "must be the address of who verified")
    if len(properties) > _MOST_PROPERTIES or any(not isinstance(each, str) or len(each) > 200 for each in properties):
        refuse("predicate.properties", f"must be at most {_MOST_PROPERTIES} texts")
    return {"verifier_id": verifier, "properties": sorted(set(properties)), "property_count": len(set(properties))}


def _instant(text: Any) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        refuse("predicate.timeCreated", "must be an instant such as 2026-01-31T12:00:00Z")
    return instant if instant.tzinfo else refuse("predicate.timeCreated", "must name its time zone")
