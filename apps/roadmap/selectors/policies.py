"""Which policy an environment's gate decides by."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from apps.catalog.models import Environment, Service
from apps.roadmap.engines.gate_rules import GateRules
from apps.roadmap.models import GatePolicy


def policies_of(environments: Iterable[Environment], at: datetime) -> Mapping[int, GatePolicy | None]:
    """The newest version for each environment at the instant: its own, else its service's, else None."""
    environments = list(environments)
    made = GatePolicy.objects.filter(service__in={each.service_id for each in environments}, created_at__lte=at)
    newest = made.order_by("service_id", "environment_id", "-number").distinct("service_id", "environment_id")
    related = newest.select_related("service", "environment").prefetch_related("roles__group", "roles__team")
    found = {(each.service_id, each.environment_id): each for each in related}
    return {
        each.pk: found.get((each.service_id, each.pk)) or found.get((each.service_id, None)) for each in environments
    }


def policy_of(environment: Environment, at: datetime) -> GatePolicy | None:
    """The policy of one environment; None where the built-in rules hold."""
    return policies_of([environment], at)[environment.pk]


def rules_of(policy: GatePolicy | None) -> GateRules:
    """The policy as a plain value."""
    return policy.rules if policy else GateRules()


def newest_version(service: Service, environment: Environment | None) -> GatePolicy | None:
    """The newest version made for exactly these."""
    return GatePolicy.objects.filter(service=service, environment=environment).order_by("-number").first()
