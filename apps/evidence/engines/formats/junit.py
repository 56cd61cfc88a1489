"""JUnit's XML, as test runners of every language write it."""

from xml.etree.ElementTree import Element

from apps.evidence.engines.reading import Reading
from apps.evidence.engines.xml_reading import number_of, read_xml
from apps.evidence.exceptions import EvidenceRefused

_STATED = {"failed": "failures", "errored": "errors", "skipped": "skipped"}


def read(report: bytes) -> Reading:
    """How many tests passed, failed, errored and were skipped; the worse where suites and their cases disagree."""
    root = read_xml(report, "testsuites", "testsuite")
    cases = list(root.iter("testcase"))
    outcomes = [_outcome(case) for case in cases]
    counts = {name: max(outcomes.count(name), _stated(root, stated)) for name, stated in _STATED.items()}
    counts["errored"] += sum(suite.find("error") is not None for suite in root.iter("testsuite"))
    tests = max(len(cases), _stated(root, "tests"))
    passed = outcomes.count("passed") if cases else tests - sum(counts.values())
    if not tests:
        raise EvidenceRefused("The report holds no <testcase>: no test was run.")
    if passed < 0:
        raise EvidenceRefused("<testsuite> tests: there are more failures than tests.")
    duration = number_of(root, "time", sum(number_of(case, "time", 0) or 0 for case in cases))
    return Reading({"passed": passed, **counts, "duration_seconds": round(duration or 0, 3)})


def _outcome(case: Element) -> str:
    for tag, outcome in (("error", "errored"), ("failure", "failed"), ("skipped", "skipped")):
        if case.find(tag) is not None:
            return outcome
    return "passed"


def _stated(suite: Element, name: str) -> int:
    """What the suite says itself, or else its inner suites together."""
    own = number_of(suite, name)
    return int(own) if own is not None else sum(_stated(inner, name) for inner in suite.findall("testsuite"))
