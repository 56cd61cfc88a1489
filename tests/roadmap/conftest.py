"""A milestone with one criterion, and a verifier whose evidence a test can write."""

from datetime import date

import pytest

from apps.roadmap.models import Criterion, Milestone
from tests.browser import chromium, visit  # noqa: F401  fixtures
from tests.evidence.recovery import Recovery, registered


@pytest.fixture
def recovery():
    with registered(Recovery()) as verifier:
        yield verifier


@pytest.fixture
def milestone(service):
    return Milestone.objects.create(service=service, code="M5", title="CI/CD", claim="done", target_on=date(2026, 2, 1))


@pytest.fixture
def criterion(service, milestone):
    return Criterion.objects.create(
        service=service, milestone=milestone, text="A sea trial; a rehearsed rollback.", claim="done", line=7
    )
