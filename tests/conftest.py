"""What every test may use."""

import gc
import os
from collections.abc import Iterator

import pytest
from celery import current_app
from django.db import transaction
from hypothesis import HealthCheck, settings
from pytest_django import DjangoDbBlocker

from apps.accounts.models import User
from apps.catalog.models import Environment, Service
from apps.catalog.services import ensure_service
from tests.databases import django_db_modify_db_settings  # noqa: F401  a fixture

# A busy machine is slow, which is no failure; and where examples share a fixture, that is meant.
settings.register_profile(
    "seaworthy",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("seaworthy")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores, because many tests wait for programs and clocks."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest begin first, or a worker would be alone with them at the end."""
    items.sort(key=lambda item: "long" not in item.keywords)


def pytest_collection_finish() -> None:
    """What is loaded now stays, so no search for garbage needs to go through it."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module")
def shared_rows(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """For fixtures of a module that write rows: they stay until its last test, and each test begins with them."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def olga(db: None) -> User:
    """Olga operates: she may do everything."""
    return User.objects.create_superuser("olga@example.org", "correct horse battery", full_name="Olga Operator")


@pytest.fixture
def sam(db: None) -> User:
    """Sam is staff without any role."""
    return User.objects.create_user("sam@example.org", "correct horse battery", full_name="Sam Staff", is_staff=True)


@pytest.fixture
def eve(db: None) -> User:
    """Eve has an account, and is nobody here."""
    return User.objects.create_user("eve@example.org", "correct horse battery", full_name="Eve Nobody")


@pytest.fixture
def service(db: None) -> Service:
    """A service with a default environment."""
    return ensure_service(slug="payments", name="Payments API", tier="A")


@pytest.fixture
def environment(service: Service) -> Environment:
    """The service's default environment."""
    return service.environments.get(is_default=True)


@pytest.fixture
def at_once() -> Iterator[None]:
    """Tasks that are sent are carried out at once, in this process."""
    # Celery reads Django's settings once, so a changed setting would come too late.
    current_app.conf.task_always_eager = True
    yield
    current_app.conf.task_always_eager = False
