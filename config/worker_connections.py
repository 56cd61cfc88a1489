"""Keeps a worker's database connections from one task to the next; Celery itself opens a new one for each."""

from typing import Any

from celery import Celery
from celery.fixups.django import DjangoFixup, DjangoWorkerFixup  # type: ignore[attr-defined]
from django.db import close_old_connections


class KeepConnections(DjangoWorkerFixup):
    """Closes what is broken or older than CONN_MAX_AGE, as the web does after each request."""

    def close_database(self, **kwargs: Any) -> None:
        close_old_connections()


class Fixup(DjangoFixup):
    """Celery's support of Django, with the above in its workers."""

    _worker_fixup: DjangoWorkerFixup | None

    @property
    def worker_fixup(self) -> DjangoWorkerFixup:
        # Made late: it reads settings, which are not there yet when the application is made.
        if self._worker_fixup is None:
            self._worker_fixup = KeepConnections(self.app)
        return self._worker_fixup

    @worker_fixup.setter
    def worker_fixup(self, value: DjangoWorkerFixup) -> None:
        self._worker_fixup = value


def fixup(app: Celery) -> DjangoFixup:
    """Install it; Celery calls this once."""
    installed = Fixup(app)
    installed.install()
    return installed
