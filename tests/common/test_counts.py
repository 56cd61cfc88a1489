"""Counts that are kept while nothing is written."""

import pytest

from apps.catalog.models import Team
from apps.common.counts import count_by
from tests.roadmap.second_connection import second_connection

TEAMS = "SELECT count(*) FROM catalog_team"


@pytest.mark.django_db(transaction=True)
def test_a_count_tells_of_what_anybody_wrote():
    before = count_by(TEAMS)
    Team.objects.create(name="Own")
    assert count_by(TEAMS) == before + 1
    with second_connection() as other:
        other.execute("INSERT INTO catalog_team (name, email) VALUES ('Theirs', '')")
        assert count_by(TEAMS) == before + 1
    assert count_by(TEAMS) == count_by(TEAMS) == before + 2


@pytest.mark.django_db
def test_a_count_within_a_transaction_tells_of_what_it_wrote():
    before = count_by(TEAMS)
    Team.objects.create(name="One")
    Team.objects.create(name="Two")
    assert count_by(TEAMS) == before + 2
