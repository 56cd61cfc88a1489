"""Writing the catalog."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify

from apps.audit import services as audit
from apps.catalog.exceptions import SlugInvalid
from apps.catalog.models import Environment, Service, Team


@transaction.atomic
def ensure_service(
    *, slug: str, name: str = "", tier: str = "", environment: str = "production", url: str = "", actor: Any = None
) -> Service:
    """The service of that slug with a default environment, created where it is missing and left alone where not.

    Raises SlugInvalid: no address could be made of such a service.
    """
    _require_slug(slug)
    defaults = {"name": name or slug.replace("-", " ").capitalize(), **({"tier": tier} if tier else {})}
    service, is_new = Service.objects.get_or_create(slug=slug, defaults=defaults)
    ensure_default_environment(service, name=environment, url=url)
    if is_new:
        audit.record(action="service.added", subject=service, actor=actor)
    return service


@transaction.atomic
def ensure_default_environment(service: Service, *, name: str = "production", url: str = "") -> Environment:
    """The environment that a gate is asked about: where none is marked the first one, added where there is none."""
    environment = service.environments.order_by("-is_default", "pk").first()
    environment = environment or Environment(service=service, name=name, url=url)
    if not environment.is_default:
        environment.is_default = True
        environment.save()
    return environment


def _require_slug(slug: str) -> None:
    try:
        Service._meta.get_field("slug").clean(slug, None)
    except ValidationError as error:
        example = slugify(slug)[:50].strip("-") or "payments"
        raise SlugInvalid(
            f"{slug[:60]!r} cannot be a service's slug: write up to 50 letters, digits and hyphens, such as {example}."
        ) from error


def ensure_team(name: str) -> Team:
    """The team of that name, in any case of letters, created where it is missing."""
    return Team.objects.filter(name__iexact=name).first() or Team.objects.create(name=name)
