"""The verifier of the tests, known while a test runs."""

import pytest
from django.core.cache import cache

from tests.evidence.pushing import make_pipeline
from tests.evidence.recovery import Recovery, registered


@pytest.fixture
def recovery():
    with registered(Recovery()) as verifier:
        yield verifier


@pytest.fixture
def pipeline(service, olga):
    cache.clear()  # of what the limit on a token's pushes remembers
    return make_pipeline(service, olga)
