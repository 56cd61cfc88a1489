"""Questions about services and environments."""

from difflib import get_close_matches

from django.conf import settings
from django.db import connection

from apps.catalog.exceptions import UnknownEnvironment, UnknownService
from apps.catalog.models import Environment, Service, Team
from apps.common.columns import columns_of, instances_of, read_rows

# In plain SQL, since every visit to a service asks. An empty name asks for the default environment.
_OF_SERVICE = f"""
SELECT {columns_of(Environment, "environment")}, {columns_of(Service, "service")}, {columns_of(Team, "team")}
FROM catalog_environment AS environment
JOIN catalog_service AS service ON service.id = environment.service_id
LEFT JOIN catalog_team AS team ON team.id = service.owner_id
WHERE service.slug = %(slug)s
  AND CASE %(name)s WHEN '' THEN environment.is_default ELSE environment.name = %(name)s END
"""  # noqa: S608  the names of columns
_ENVIRONMENTS = f"""
SELECT {columns_of(Environment, "environment")} FROM catalog_environment AS environment
WHERE service_id = %s ORDER BY is_default DESC, name
"""  # noqa: S608  the names of columns


def find_service(slug: str) -> Service:
    """The service of that slug. Raises UnknownService, which names the nearest one."""
    named = Service.objects.select_related("owner").filter(slug=slug)
    service = named.first() if _may_be_asked(slug) else None
    if service is None:
        raise UnknownService(
            f"There is no service {slug!r}. {_suggest(slug, Service.objects.values_list('slug', flat=True))}"
        )
    return service


def find_environment(service: Service, name: str = "") -> Environment:
    """The service's environment of that name, or its default one. Raises UnknownEnvironment."""
    environments = service.environments.filter(name=name) if name else service.environments.filter(is_default=True)
    environment = environments.first() if _may_be_asked(name) else None
    if environment is None:
        known = _suggest(name, service.environments.values_list("name", flat=True))
        asked = f"environment {name!r}" if name else "default environment"
        raise UnknownEnvironment(f"The service {service.slug!r} has no {asked}. {known}")
    environment.service = service
    return environment


def find_service_environment(slug: str, name: str = "") -> Environment:
    """That environment of the service of that slug, both read at once. Raises UnknownService, UnknownEnvironment."""
    found = _read_environment(slug, name) if _may_be_asked(slug + name) else None
    return found or find_environment(find_service(slug), name)  # which says what is wrong


def _read_environment(slug: str, name: str) -> Environment | None:
    with connection.cursor() as cursor:
        cursor.execute(_OF_SERVICE, {"slug": slug, "name": name})
        row = cursor.fetchone()
    if row is None:
        return None
    environment, service, owner = instances_of(row, Environment, Service, Team)
    environment.service, service.owner = service, owner
    return environment


def environments_of(service: Service) -> list[Environment]:
    """The service's environments, the default one first."""
    return read_rows(Environment, _ENVIRONMENTS, [service.pk])


def own_environment() -> Environment | None:
    """The environment that is this installation: the default one of the service that OWN_SERVICE names."""
    own = Environment.objects.select_related("service").filter(service__slug=settings.OWN_SERVICE, is_default=True)
    return own.first()


def is_this_installation(environment: Environment) -> bool:
    """Whether the environment is Seaworthy itself, as it runs here."""
    return environment.is_default and environment.service.slug == settings.OWN_SERVICE


def _may_be_asked(text: str) -> bool:
    """Whether the database can be asked for it: it takes no NUL."""
    return "\0" not in text


def _suggest(wanted: str, known: object) -> str:
    names = sorted(known)  # type: ignore[call-overload]
    if not names:
        return "There are none yet: add one in the admin, under Settings, Services."
    near = get_close_matches(wanted, names, n=1)
    return f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(names[:10])}."
