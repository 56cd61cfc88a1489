"""Which policy an environment's gate decides by."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from apps.catalog.models import Environment, Service
from apps.common.columns import columns_of
from apps.roadmap.engines.gate_rules import GateRules
from apps.roadmap.models import GatePolicy

# Plain SQL: mostly there are none, and Django would take ten times as long to write the question.
_NEWEST = f"""
SELECT DISTINCT ON (policy.service_id, policy.environment_id) {columns_of(GatePolicy, "policy")}
FROM roadmap_gatepolicy AS policy WHERE policy.service_id = ANY(%s) AND policy.created_at <= %s
ORDER BY policy.service_id, policy.environment_id, policy.number DESC
"""  # noqa: S608  the names of columns


def policies_of(environments: Iterable[Environment], at: datetime) -> Mapping[int, GatePolicy | None]:
    """The newest version for each environment at the instant: its own, else its service's, else None."""
    environments = list(environments)
    newest = GatePolicy.objects.raw(_NEWEST, [list({each.service_id for each in environments}), at])
    found = {
        (each.service_id, each.environment_id): each for each in newest.prefetch_related("roles__group", "roles__team")
    }
    return {each.pk: _policy_for(each, found) for each in environments}


def _policy_for(environment: Environment, found: Mapping[tuple[int, int | None], GatePolicy]) -> GatePolicy | None:
    service = environment.service_id
    policy = found.get((service, environment.pk)) or found.get((service, None))
    if policy and policy.environment_id:
        policy.environment = environment
    elif policy:
        policy.service = environment.service
    return policy


def policy_of(environment: Environment, at: datetime) -> GatePolicy | None:
    """The policy of one environment; None where the built-in rules hold."""
    return policies_of([environment], at)[environment.pk]


def rules_of(policy: GatePolicy | None) -> GateRules:
    """The policy as a plain value."""
    return policy.rules if policy else GateRules()


def newest_version(service: Service, environment: Environment | None) -> GatePolicy | None:
    """The newest version made for exactly these."""
    return GatePolicy.objects.filter(service=service, environment=environment).order_by("-number").first()
