"""What the pages' tests share."""

import pytest

from apps.catalog.models import Environment
from apps.common.clock import now
from tests.accounts.mail_server import mail  # noqa: F401  a fixture
from tests.browser import chromium, visit  # noqa: F401  fixtures
from tests.dashboards.voyage import Voyage, sail


@pytest.fixture
def voyage(environment: Environment) -> Voyage:
    """A service with one of everything."""
    return sail(environment, now=now())
