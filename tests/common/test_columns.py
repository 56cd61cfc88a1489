"""Plain SQL gives what Django would, and goes on while a migration adds a column."""

import pytest
from django.db import connection

from apps.common.columns import columns_of, read_rows
from apps.roadmap.models import Criterion

PAGES = ["/admin/", "/admin/roadmap/task/", "/admin/readiness/payments/"]


@pytest.mark.parametrize("table", ["accounts_user", "catalog_service", "dashboards_savedview"])
def test_a_page_that_was_prepared_is_answered_after_a_migration_adds_a_column(client, olga, service, table):
    client.force_login(olga)
    for page in PAGES * 5:
        assert client.get(page).status_code == 200
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements")
        assert cursor.fetchone()[0] > 0
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        # As another connection would: the driver forgets what it prepared where it sees an ALTER itself.
        cursor.execute(f'DO $$ BEGIN ALTER TABLE "{table}" ADD COLUMN of_tomorrow integer; END $$')
    for page in PAGES:
        assert client.get(page).status_code == 200


def test_a_row_of_plain_sql_is_as_the_manager_reads_it(service):
    Criterion.objects.create(service=service, text="A sea trial", measures=[{"unit": "s"}], spans={"text": [1, 2]})
    columns = columns_of(Criterion, "entry", without=["spans"])
    question = f"SELECT {columns}, 'beside' FROM roadmap_criterion AS entry"  # noqa: S608  the names of columns
    (read,) = read_rows(Criterion, question, [], without=["spans"], then="note")
    known = Criterion.objects.defer("spans").get()
    assert {**vars(read), "_state": None} == {**vars(known), "_state": None, "note": "beside"}
    assert (read._state.adding, read._state.db) == (known._state.adding, known._state.db)
    assert (read.spans, read.service) == ({"text": [1, 2]}, service)
    read.claim = "done"
    read.save()
    assert Criterion.objects.get().claim == "done"
