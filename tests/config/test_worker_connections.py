"""Workers keep their database connection from task to task."""

import pytest
from celery import current_app
from django.db import connection

from apps.healthchecks.tasks import tick_probes
from config.worker_connections import Fixup, KeepConnections

pytestmark = pytest.mark.django_db(transaction=True)


def backend():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


@pytest.fixture
def fixup():
    return KeepConnections(current_app._get_current_object())


def test_celery_uses_it():
    (installed,) = current_app._get_current_object()._fixups
    assert isinstance(installed, Fixup)
    assert isinstance(installed.worker_fixup, KeepConnections)


def test_a_young_connection_stays_open_between_tasks(fixup, monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 60)
    connection.close()
    first = backend()
    fixup.on_task_postrun(sender=tick_probes)
    fixup.on_task_prerun(sender=tick_probes)
    assert backend() == first


def test_an_old_connection_is_closed(fixup, monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)
    connection.close()
    first = backend()
    fixup.on_task_postrun(sender=tick_probes)
    assert backend() != first


def test_a_connection_that_the_server_cut_is_replaced(fixup, monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 60)
    connection.close()
    first = backend()
    connection.connection.pgconn.finish()
    fixup.on_task_prerun(sender=tick_probes)
    assert backend() != first
