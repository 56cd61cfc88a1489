"""A signed-in person, with a row of every kind that is quickly made."""

import pytest
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from apps.common.clock import now
from apps.healthchecks.models import Monitor
from apps.security.services.checking import queue_check
from tests.browser import chromium, visit

__all__ = ["admin_client", "chromium", "visit"]


@pytest.fixture
def admin_client(client, olga, environment, settings):
    """Olga, with a row of every kind that is quickly made."""
    settings.OWN_SERVICE = environment.service.slug
    Monitor.objects.create(environment=environment, url="https://example.org/")
    queue_check(at=now())
    schedule = IntervalSchedule.objects.create(every=1, period="days")
    PeriodicTask.objects.create(name="something", task="something", interval=schedule)
    client.force_login(olga)
    return client
