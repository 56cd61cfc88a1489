"""Answers are used again until anybody writes anything, and never after."""

import pytest
from django.db import connection, transaction

from apps.catalog.models import Team
from apps.common import since_write
from apps.common.since_write import answers_since_write
from tests.roadmap.second_connection import second_connection

pytestmark = pytest.mark.django_db(transaction=True)
RENAME = "UPDATE catalog_team SET name = name || '!'"


@pytest.fixture
def team():
    team = Team.objects.create(name="Platform")
    remember()
    return team


def remember():
    answers_since_write()["asked"] = "answered"


def is_remembered():
    return "asked" in answers_since_write()


def test_answers_are_used_again_while_nothing_is_written(team):
    def read_twice():
        remember()
        return Team.objects.count() == 1 and is_remembered()

    assert any(read_twice() for _ in range(100))  # others write to other databases of the server


@pytest.mark.parametrize("statement", [RENAME, "DELETE FROM catalog_team", "TRUNCATE catalog_team CASCADE"])
def test_each_write_of_anybody_ends_them(team, statement):
    with second_connection() as other:
        other.execute(statement)
        other.execute("COMMIT")

        assert not is_remembered()


def test_an_older_transaction_that_is_committed_later_ends_them(team):
    with second_connection() as older:
        older.execute(RENAME)
        Team.objects.create(name="Newer")
        remember()
        older.execute("COMMIT")

        assert not is_remembered()


def test_what_is_read_inside_a_transaction_is_nobody_elses(team):
    with transaction.atomic():
        assert not is_remembered()
        with connection.cursor() as cursor:
            cursor.execute(RENAME)
        remember()
        assert not is_remembered()
    assert not is_remembered()


def test_they_do_not_grow_for_ever(team, monkeypatch):
    monkeypatch.setattr(since_write, "MOST", 1)
    assert not any(remember() or is_remembered() for _ in range(100))
