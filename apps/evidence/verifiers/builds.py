"""What a build saw: tests, coverage, vulnerabilities, behaviour under load, and what others verified."""

from datetime import timedelta

from apps.evidence.contract import Facts
from apps.evidence.register import register
from apps.evidence.verifiers.pushed import AMOUNT, COUNT, NAME, PERCENT, PushedVerifier, facts, parameters

_OUTCOMES = ("passed", "failed", "errored", "skipped")
_SEVERITIES = ("critical", "high", "medium", "low")


class BuildVerifier(PushedVerifier):
    """Builds come often; a week without one says that nobody looked."""

    default_ttl = timedelta(days=7)
    longest_ttl = timedelta(days=30)


class Tests(BuildVerifier):
    """The outcome of a run of tests."""

    key = "ci.tests"
    title = "Tests of a build"
    description = "How many tests passed, failed, errored and were skipped, from JUnit's XML or an in-toto statement."
    facts_schema = facts(dict.fromkeys(_OUTCOMES, COUNT), duration_seconds=AMOUNT)
    parameters_schema = parameters(suite=NAME)
    default_rule = {
        "all": [
            {"fact": "failed", "operator": "==", "value": 0},
            {"fact": "errored", "operator": "==", "value": 0},
            {"fact": "passed", "operator": ">", "value": 0},
        ]
    }
    phrases = ("tests ~ pass*", "tests ~ green", "test suite ~ pass*", "test suite ~ green", "passing tests")

    def summarise(self, facts: Facts) -> str:
        return ", ".join(f"{facts[outcome]} {outcome}" for outcome in _OUTCOMES)


class Coverage(BuildVerifier):
    """How much of the code the tests reached."""

    key = "ci.coverage"
    title = "Code coverage of a build"
    description = "The share of lines, and of branches where measured, from Cobertura, coverage.py or LCOV."
    facts_schema = facts({"line_percent": PERCENT}, branch_percent=PERCENT)
    parameters_schema = parameters(suite=NAME)
    default_rule = {"fact": "line_percent", "operator": ">=", "value": 80, "unit": "%"}
    phrases = ("code coverage", "test coverage", "line coverage", "unit test* ~ coverage", "coverage ~ test*")

    def summarise(self, facts: Facts) -> str:
        branches = f", {facts['branch_percent']:g} % of branches" if "branch_percent" in facts else ""
        return f"{facts['line_percent']:g} % of lines{branches}"


class Vulnerabilities(BuildVerifier):
    """What a scanner found."""

    key = "ci.vulnerabilities"
    title = "Vulnerabilities found by a scanner"
    description = "Findings by severity, from SARIF or CycloneDX. Suppressed and settled ones are counted apart."
    facts_schema = facts(dict.fromkeys(_SEVERITIES, COUNT), suppressed=COUNT)
    parameters_schema = parameters(scanner=NAME)
    default_rule = {
        "all": [
            {"fact": "critical", "operator": "==", "value": 0},
            {"fact": "high", "operator": "==", "value": 0},
        ]
    }
    phrases = ("no ~ vulnerabilit*", "vulnerability scan*", "vulnerabilities ~ fixed", "dependency scan*")

    def summarise(self, facts: Facts) -> str:
        return ", ".join(f"{facts[severity]} {severity}" for severity in _SEVERITIES)


class Load(BuildVerifier):
    """How the service behaved under load."""

    key = "ci.load"
    title = "Load test"
    description = "Errors, requests a second and response times under load, from the summaries of k6 or Locust."
    facts_schema = facts(
        {"error_percent": PERCENT, "requests_per_second": AMOUNT},
        requests=COUNT,
        **{f"p{percentile}_milliseconds": AMOUNT for percentile in (50, 90, 95, 99)},
    )
    parameters_schema = parameters(scenario=NAME)
    default_rule = {"fact": "error_percent", "operator": "<", "value": 1, "unit": "%"}
    default_ttl = timedelta(days=30)
    longest_ttl = timedelta(days=180)
    phrases = (
        "load test* ~ pass*",
        "error rate*",
        "p95 ~ response time",
        "response time ~ p95",
        "p95 latency",
        "p95 <",
    )

    def summarise(self, facts: Facts) -> str:
        p95 = f"p95 {facts['p95_milliseconds']:g} ms, " if "p95_milliseconds" in facts else ""
        return f"{p95}{facts['error_percent']:g} % errors at {facts['requests_per_second']:g} requests/s"


class Verification(BuildVerifier):
    """What another verifier says that it verified."""

    key = "ci.verification"
    title = "Verification by another system"
    description = "The properties that an in-toto simple verification result names. Ask for one by a rule: contains."
    facts_schema = facts(
        {
            "verifier_id": {"type": "string", "minLength": 1, "maxLength": 300},
            "properties": {"type": "array", "items": {"type": "string"}, "maxItems": 100},
            "property_count": {"type": "integer", "minimum": 0},
        }
    )
    parameters_schema = parameters(policy=NAME)
    default_rule = {"fact": "property_count", "operator": ">", "value": 0}

    def summarise(self, facts: Facts) -> str:
        return f"{facts['verifier_id']}: {', '.join(facts['properties']) or 'nothing verified'}"


for verifier in (Tests(), Coverage(), Vulnerabilities(), Load(), Verification()):
    register(verifier)
