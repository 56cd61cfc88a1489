"""The verifier of the tests, known while a test runs."""

import pytest

from tests.evidence.recovery import Recovery, registered


@pytest.fixture
def recovery():
    with registered(Recovery()) as verifier:
        yield verifier
