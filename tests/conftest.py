"""What every test may use."""

import pytest
from hypothesis import settings

from apps.accounts.models import User
from apps.catalog.models import Environment, Service
from apps.catalog.services import ensure_service

# A busy machine is slow, which is no failure.
settings.register_profile("seaworthy", deadline=None)
settings.load_profile("seaworthy")


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
