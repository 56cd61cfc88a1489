"""Changing what a gate decides by: always a new version, with its author and the reason."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.audit import services as audit
from apps.catalog.models import Environment, Service
from apps.common.clock import now
from apps.common.exceptions import problems_in
from apps.roadmap.exceptions import PolicyChanged, PolicyRefused
from apps.roadmap.models import GatePolicy, PolicyRole
from apps.roadmap.selectors.policies import newest_version

Fields = Mapping[str, Any]


@transaction.atomic
def change_policy(
    *,
    service: Service,
    environment: Environment | None = None,
    fields: Fields,
    roles: Iterable[Fields] = (),
    comment: str,
    actor: Any,
    expected: int | None = None,
    at: datetime | None = None,
) -> GatePolicy:
    """Make the next version. `expected` is the number that the author saw. Raises PolicyChanged and PolicyRefused."""
    Service.objects.select_for_update(no_key=True).get(pk=service.pk)  # two authors take turns
    newest = newest_version(service, environment)
    number = newest.number if newest else 0
    if expected is not None and expected != number:
        raise PolicyChanged("Somebody else changed the policy meanwhile; read it again before you change it.")
    policy = GatePolicy(
        service=service,
        environment=environment,
        number=number + 1,
        comment=comment.strip(),
        author=actor,
        created_at=at or now(),
        **fields,
    )
    _save(policy, roles)
    audit.record(action="gatepolicy.changed", subject=policy, actor=actor, details=_details(policy))
    return policy


def _save(policy: GatePolicy, roles: Iterable[Fields]) -> None:
    try:
        policy.full_clean()
        policy.save(force_insert=True)
        for values in roles:
            role = PolicyRole(policy=policy, **values)
            role.full_clean()
            role.save(force_insert=True)
    except ValidationError as error:
        raise PolicyRefused(problems_in(error)) from error


def _details(policy: GatePolicy) -> dict[str, Any]:
    roles = [f"{role.name}: {role.needed} of {role.signers}" for role in policy.roles.all()]
    return {"version": policy.version, "comment": policy.comment, "roles": roles}
