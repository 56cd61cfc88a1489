"""Switching an environment's public badge on and off."""

from typing import Any

from django.db import transaction

from apps.audit import services as audit
from apps.catalog.models import Environment
from apps.roadmap.models import PublicBadge


@transaction.atomic
def switch_badge_on(*, environment: Environment, actor: Any) -> PublicBadge:
    """Give the badge an address that needs no sign-in. One that is on stays as it is."""
    badge, is_new = PublicBadge.objects.get_or_create(environment=environment, defaults={"made_by": actor})
    if is_new:
        audit.record(action="badge.made_public", subject=environment, actor=actor)
    return badge


@transaction.atomic
def switch_badge_off(*, environment: Environment, actor: Any) -> bool:
    """End the badge's public address for good; switching it on again makes another. False: there was none."""
    deleted, _ = PublicBadge.objects.filter(environment=environment).delete()
    if deleted:
        audit.record(action="badge.made_private", subject=environment, actor=actor)
    return bool(deleted)
