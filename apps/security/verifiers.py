"""The evidence of this app: Django's deploy checks on this installation."""

from datetime import timedelta

from apps.catalog.models import Environment
from apps.catalog.selectors import is_this_installation
from apps.evidence.contract import CannotObserve, Context, Observation, Parameters, Verifier
from apps.evidence.register import register
from apps.security.engines.deploy_checks import run_deploy_checks
from apps.security.services.checking import DEPLOY_CHECKS, observe

_COUNT = {"type": "integer", "minimum": 0}


class DeployChecks(Verifier):
    """What `manage.py check --deploy` says of this installation."""

    key = DEPLOY_CHECKS
    title = "Django's deploy checks"
    description = "Every system check of Django and of Seaworthy, run inside this installation's own process."
    facts_schema = {
        "type": "object",
        "properties": {
            "criticals": _COUNT,
            "errors": _COUNT,
            "warnings": _COUNT,
            "ids": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["criticals", "errors", "warnings", "ids"],
        "additionalProperties": False,
    }
    default_rule = {
        "all": [
            {"fact": "criticals", "operator": "==", "value": 0},
            {"fact": "errors", "operator": "==", "value": 0},
            {"fact": "warnings", "operator": "==", "value": 0},
        ]
    }
    default_ttl = timedelta(days=2)
    longest_ttl = timedelta(days=30)
    phrases = ("deploy check*", "deployment check*", "check deploy", "secure cookie*", "HSTS")

    def applies_to(self, environment: Environment) -> bool:
        return is_this_installation(environment)

    def collect(self, context: Context, parameters: Parameters) -> Observation:
        """Run the checks now. Only the service that is this installation can be seen so."""
        if not is_this_installation(context.environment):
            raise CannotObserve(f"{self.key} sees Seaworthy itself, and no other service.")
        return observe(run_deploy_checks(), context.environment, at=context.now)


register(DeployChecks())
