"""The databases of a test run: migrated once and copied for every worker, and emptied after a test that commits."""

import gc
import os
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.core.management.commands import flush
from django.db import connection, transaction
from psycopg import sql
from pytest_django import DjangoDbBlocker

from tests.servers import url_on_test_server

TEMPLATE_LOCK = 0x7E57
# Django's own flush takes these away and writes them again.
AS_MIGRATED = {"django_content_type", "auth_permission"}


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings: None, django_db_keepdb: bool, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """The first of several workers migrates a database, and all of them copy it."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    if run is None or django_db_keepdb:
        yield
        return
    template = f"template_{run}"
    with django_db_blocker.unblock():
        make_template(template)
    connection.settings_dict["TEST"]["TEMPLATE"] = template
    yield
    with psycopg.connect(url_on_test_server(), autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(template)))


def make_template(name: str) -> None:
    """Make and migrate the database, unless another worker did or does."""
    with psycopg.connect(url_on_test_server(), autocommit=True) as server:
        server.execute("SELECT pg_advisory_lock(%s)", [TEMPLATE_LOCK])  # until this connection ends
        if server.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            migrate(name)


def migrate(name: str) -> None:
    """Migrate that database, in half the time: garbage is not looked for in the models of every migration."""
    usual = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    gc.disable()
    try:
        call_command("migrate", verbosity=0, interactive=False)
    finally:
        gc.enable()
        connection.close()
        connection.settings_dict["NAME"] = usual


def empty(command: flush.Command, **options: Any) -> None:
    """What Django's flush does, in a tenth of its time: it truncates every table, and nearly all are empty."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # in any order, and append-only tables too
        for table in filled_tables(cursor):
            cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))


def filled_tables(cursor: Any) -> list[str]:
    """The tables of models that hold rows which no migration wrote."""
    names = set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - AS_MIGRATED
    one = sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})")
    each = [one.format(sql.Literal(name), sql.Identifier(name)) for name in names]
    return [name for (name,) in cursor.execute(sql.SQL(" UNION ALL ").join(each)).fetchall()]


flush.Command.handle = empty
