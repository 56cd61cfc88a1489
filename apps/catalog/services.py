"""Writing the catalog."""

from typing import Any

from django.db import transaction

from apps.audit import services as audit
from apps.catalog.models import Environment, Service, Team


@transaction.atomic
def ensure_service(
    *, slug: str, name: str = "", tier: str = "", environment: str = "production", url: str = "", actor: Any = None
) -> Service:
    """The service of that slug with a default environment, created where it is missing and left alone where not."""
    defaults = {"name": name or slug.replace("-", " ").capitalize(), **({"tier": tier} if tier else {})}
    service, is_new = Service.objects.get_or_create(slug=slug, defaults=defaults)
    if not service.environments.filter(is_default=True).exists():
        Environment.objects.create(service=service, name=environment, url=url, is_default=True)
    if is_new:
        audit.record(action="service.added", subject=service, actor=actor)
    return service


def ensure_team(name: str) -> Team:
    """The team of that name, in any case of letters, created where it is missing."""
    return Team.objects.filter(name__iexact=name).first() or Team.objects.create(name=name)
