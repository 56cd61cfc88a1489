"""What a build saw: tests, coverage, vulnerabilities, behaviour under load."""

from datetime import timedelta

from apps.evidence.contract import Facts
from apps.evidence.register import register
from apps.evidence.verifiers.pushed import AMOUNT, COUNT, NAME, PushedVerifier, facts, parameters

_OUTCOMES = ("passed", "failed", "errored", "skipped")


class Tests(PushedVerifier):
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
    default_ttl = timedelta(days=7)
    longest_ttl = timedelta(days=30)
    phrases = (
        "tests ~ pass*",
        "tests ~ green",
        "test suite ~ pass*",
        "test suite ~ green",
        "passing tests",
    )

    def summarise(self, facts: Facts) -> str:
        return ", ".join(f"{facts[outcome]} {outcome}" for outcome in _OUTCOMES)


register(Tests())
