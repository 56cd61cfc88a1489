"""What a deployment saw: canary releases, and rehearsals of the way back."""

from datetime import timedelta

from apps.evidence.contract import Facts
from apps.evidence.register import register
from apps.evidence.verifiers.pushed import AMOUNT, COUNT, NAME, PERCENT, PushedVerifier, facts, parameters


class Canary(PushedVerifier):
    """A release that went out in steps, each watched."""

    key = "deploy.canary"
    title = "Canary release"
    description = "Whether a release in steps was promoted, and the errors seen on the way."
    facts_schema = facts({"steps": COUNT, "error_percent": PERCENT, "promoted": {"type": "boolean"}})
    parameters_schema = parameters(release=NAME)
    default_rule = {
        "all": [
            {"fact": "promoted", "operator": "==", "value": True},
            {"fact": "steps", "operator": ">", "value": 0},
        ]
    }
    default_ttl = timedelta(days=30)
    longest_ttl = timedelta(days=180)
    phrases = ("canary release*", "canary deployment* ~ successful", "canary ~ promoted")

    def summarise(self, facts: Facts) -> str:
        outcome = "promoted" if facts["promoted"] else "not promoted"
        return f"{outcome} after {facts['steps']} steps, {facts['error_percent']:g} % errors"


class Rollback(PushedVerifier):
    """A way back that was walked."""

    key = "deploy.rollback"
    title = "Rehearsed rollback"
    description = "Whether a rollback was carried out and succeeded, and how long it took."
    facts_schema = facts({"succeeded": {"type": "boolean"}, "duration_seconds": AMOUNT})
    parameters_schema = parameters(release=NAME)
    default_rule = {"fact": "succeeded", "operator": "==", "value": True}
    default_ttl = timedelta(days=90)
    longest_ttl = timedelta(days=365)
    phrases = (
        "rollback ~ tested",
        "rollback ~ rehears*",
        "rollback test*",
        "rollback drill*",
        "tested rollback*",
        "rehearsed rollback*",
        "rollback capability",
    )

    def summarise(self, facts: Facts) -> str:
        return f"{'succeeded' if facts['succeeded'] else 'failed'} in {facts['duration_seconds']:g} s"


for verifier in (Canary(), Rollback()):
    register(verifier)
