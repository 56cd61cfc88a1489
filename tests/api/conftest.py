"""A client of the API, and an imported roadmap with a proven criterion."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.roadmap.services.importing import import_document
from tests.browser import chromium, visit  # noqa: F401  fixtures
from tests.evidence.recovery import Recovery, registered

ROADMAP = """# Road

## M1 Data
- [x] Owner: Core  Target: 2026-05-04
- Tasks
  - [x] Take backups.
  - [ ] Write the runbook.
- Acceptance
  - [ ] The sea trial is passed.

## M2 Go
- [ ] Owner: Operations  Target: 2026-06-01
- Acceptance
  - [ ] The checklist is signed.

## Risks

1. **One disk**
   ```
   Risk: The only copy is on the same disk
   Impact: Everything is lost
   Mitigation:
   - Copy it elsewhere
   ```

## Cost estimate

- Storage: $5/month
"""


@pytest.fixture
def recovery():
    with registered(Recovery()) as verifier:
        yield verifier


@pytest.fixture
def document(recovery, environment):
    return import_document(service=environment.service, name="road.md", raw=ROADMAP.encode()).document


@pytest.fixture
def person(db) -> Callable[..., APIClient]:
    """A client that is signed in as somebody with these roles."""

    def sign_in(*roles: str, **fields: bool) -> APIClient:
        values = {"is_staff": True} | fields
        user = User.objects.create_user(f"{'-'.join(roles) or 'nobody'}@example.org", **values)
        user.groups.set(Group.objects.filter(name__in=roles))
        client = APIClient()
        client.force_login(user)
        client.user = user
        return client

    return sign_in


@pytest.fixture
def viewer(person):
    return person("viewer")


@pytest.fixture
def editor(person):
    return person("editor")
