"""Makes this installation a service of its own catalog: its environment, its database with schedules, its monitor."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction

from apps.backups.models import Database
from apps.backups.services import ensure_database
from apps.catalog.models import Environment, Tier
from apps.catalog.selectors import find_environment
from apps.catalog.services import ensure_service
from apps.healthchecks.models import Monitor

ENVIRONMENT = "laptop"


@transaction.atomic
def ensure_own_installation(*, url: str, database_url: str) -> tuple[Environment, Database]:
    """Add what is missing. What a person changed since stays, but for the addresses: they are those of this start."""
    service = ensure_service(slug=settings.OWN_SERVICE, name="Seaworthy", tier=Tier.B, environment=ENVIRONMENT, url=url)
    environment = find_environment(service)
    Environment.objects.filter(pk=environment.pk).update(url=url)
    Monitor.objects.update_or_create(environment=environment, defaults={"url": f"{url}/livez"})
    database = ensure_database(
        environment=environment,
        name=settings.OWN_SERVICE,
        connection_url=database_url,
        backup_interval=timedelta(hours=6),
        drill_interval=timedelta(hours=24),
    )
    return environment, database
