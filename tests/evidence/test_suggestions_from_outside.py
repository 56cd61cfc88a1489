"""What of a roadmap's words the evidence from outside answers, and with which threshold."""

import pytest

from apps.evidence.register import find_verifier
from apps.roadmap.engines.suggesting import propose

KEYS = ("ci.tests", "ci.coverage", "ci.vulnerabilities", "ci.load", "deploy.canary", "deploy.rollback")


def proposals(text):
    return {proposal.verifier_key: proposal.rule for proposal in propose(text, map(find_verifier, KEYS))}


def stated(fact, operator, value, unit):
    return {"fact": fact, "operator": operator, "value": value, "unit": unit}


def test_a_share_of_code_that_tests_reach():
    assert proposals("80%+ test coverage") == {"ci.coverage": {"all": [stated("line_percent", ">=", 80, "%")]}}
    assert proposals("> 90% code coverage") == {"ci.coverage": {"all": [stated("line_percent", ">", 90, "%")]}}


def test_a_share_of_requests_that_fail():
    assert proposals("Error rate < 0.1%") == {"ci.load": {"all": [stated("error_percent", "<", 0.1, "%")]}}


@pytest.mark.parametrize("text", ["p95 < 2 s", "p95 response time < 2 seconds", "p95 latency < 2 s"])
def test_a_percentile_is_asked_together_with_the_errors(text):
    errors = stated("error_percent", "<", 1, "%")
    assert proposals(text) == {"ci.load": {"all": [errors, stated("p95_milliseconds", "<", 2000, "ms")]}}


def test_how_many_requests_there_must_be():
    rule = proposals("Error rate < 1% and more than 50 req/s")["ci.load"]
    assert stated("requests_per_second", ">", 50, "requests/s") in rule["all"]


def test_releases_and_the_way_back():
    assert proposals("A successful canary release with an automated rollback test") == {
        "deploy.canary": None,
        "deploy.rollback": None,
    }


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("All tests pass", {"ci.tests"}),
        ("The test suite is green", {"ci.tests"}),
        ("No critical vulnerabilities", {"ci.vulnerabilities"}),
        ("Dependency scanning is on", {"ci.vulnerabilities"}),
    ],
)
def test_what_a_build_shows(text, keys):
    assert set(proposals(text)) == keys


@pytest.mark.parametrize(
    "text",
    [
        "Database query time < 500ms (p95)",
        "The restore test passes",
        "Load tests are available",
        "Alert coverage of all services",
        "Reduced support tickets",
    ],
)
def test_what_none_of_them_measures_is_left_alone(text):
    assert proposals(text) == {}
