"""Plain SQL goes on while a migration adds a column."""

import pytest
from django.db import connection

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
