"""Summaries: what is shown of many services is what a fresh computation would say, whoever wrote what since."""

import pytest
from django.db import connection

from apps.roadmap.models import ServiceSummary
from apps.roadmap.services.summarising import bring_up_to_date


@pytest.mark.django_db(transaction=True)
def test_what_did_not_change_is_not_computed_again(environment, criterion):
    assert bring_up_to_date() == 1
    assert bring_up_to_date() == 0
    criterion.claim_as("todo", expected="done")
    assert bring_up_to_date() == 1
    assert bring_up_to_date() == 0
