"""Beat's scheduler: of several beats one ticks, the others stand by, and its pulse shows that it works."""

import os
import socket
import time
from datetime import datetime, timedelta
from typing import Any

import psycopg
import structlog
from django.db import DatabaseError, close_old_connections, connection
from django.db.models import QuerySet
from django_celery_beat.schedulers import DatabaseScheduler, ModelEntry

from apps.common.clock import now
from apps.healthchecks.selectors.own_health import BEAT
from apps.healthchecks.services import record_pulse

logger = structlog.get_logger(__name__)

LEADER_LOCK = 0x5EA_BEA7
STAND_BY_SECONDS = 2.0
PULSE_SECONDS = 5.0
CLOCK_SKEW = timedelta(minutes=1)
# The server must notice within seconds that the leader's machine is gone, to give the lock to another.
_KEEPALIVES = "SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3"


def leader_name(process_id: int) -> str:
    """What the database server shows as the name of the leader's connection."""
    return f"seaworthy-beat {socket.gethostname()[:40]} {process_id}"


class LeaderLock:
    """A lock of the database server, held by a connection of its own: a dead process loses it with its connection."""

    def __init__(self, key: int = LEADER_LOCK) -> None:
        self._key = key
        self._connection: psycopg.Connection[Any] | None = None

    def hold(self) -> bool:
        """Whether this process holds the lock; it tries to take it when it does not."""
        try:
            if self._connection is None:
                self._connection = self._take()
            elif self._connection.execute("SELECT 1").fetchone() is None:
                self.release()
        except psycopg.Error as error:
            logger.warning("leader_lock_unreachable", error=type(error).__name__)
            self.release()
        return self._connection is not None

    def release(self) -> None:
        """Give the lock up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _take(self) -> psycopg.Connection[Any] | None:
        parameters = connection.get_connection_params()
        chosen = {name: parameters[name] for name in _LIBPQ_PARAMETERS & parameters.keys()}
        own = psycopg.connect(**chosen, autocommit=True, application_name=leader_name(os.getpid()))
        own.execute(_KEEPALIVES)
        row = own.execute("SELECT pg_try_advisory_lock(%s)", [self._key]).fetchone()
        if row is not None and row[0]:
            return own
        own.close()
        return None


_LIBPQ_PARAMETERS = {
    "dbname", "user", "password", "host", "port", "service", "passfile", "connect_timeout",
    "sslmode", "sslrootcert", "sslcert", "sslkey", "target_session_attrs",
}  # fmt: skip


class Entry(ModelEntry):
    """One entry of the schedule."""

    last_run_at: datetime

    def is_due(self) -> Any:
        """The stock entry would rest until a last run that lies ahead: the clock has been set back since."""
        if self.last_run_at > now() + CLOCK_SKEW:
            self.last_run_at = self.model.last_run_at = now()
        return super().is_due()


class LeaderScheduler(DatabaseScheduler):
    """The schedule in the database, ticked by the beat that holds the leader's lock."""

    Entry = Entry
    _schedule: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._lock = LeaderLock()
        self._is_leader = False
        self._pulse_seconds = 0.0
        self._ticked_at = now()
        super().__init__(*args, **kwargs)

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """One step of the schedule, or a short wait for the lock."""
        was_leader, self._is_leader = self._is_leader, self._lock.hold()
        if not self._is_leader:
            self._show("stands_by", changed=was_leader)
            return STAND_BY_SECONDS
        if not was_leader:
            self._show("leads", changed=True)
            self._read_schedule_anew()
        self._notice_clock_set_back()
        self._record_pulse()
        delay: float = super().tick(*args, **kwargs)
        return min(delay, PULSE_SECONDS)

    def enabled_models_qs(self) -> QuerySet:
        """Every enabled entry. The stock scheduler leaves out crontabs that lie hours away, and then misses them."""
        return self.Model.objects.enabled()

    def reserve(self, entry: Any) -> Any:
        """Note that the entry is sent, also where the stock scheduler forgets to: a new heap would send it again."""
        following = super().reserve(entry)
        self._schedule[following.name] = following
        return following

    def close(self) -> None:
        """Write what is unwritten, and let another beat lead at once."""
        super().close()
        self._lock.release()

    def _read_schedule_anew(self) -> None:
        # What was read while another beat led is old: its entries would all seem due.
        self._dirty.clear()
        self._schedule, self._heap, self._initial_read = None, None, True

    def _notice_clock_set_back(self) -> None:
        """The heap is in the order of the old clock: what is due by the new one would wait behind it."""
        previous, self._ticked_at = self._ticked_at, now()
        if self._ticked_at < previous - CLOCK_SKEW:
            logger.warning("beat_saw_the_clock_set_back", by_seconds=(previous - self._ticked_at).total_seconds())
            self._read_schedule_anew()

    def _record_pulse(self) -> None:
        if time.monotonic() - self._pulse_seconds < PULSE_SECONDS:
            return
        try:
            close_old_connections()
            record_pulse(name=BEAT, at=now())
            self._pulse_seconds = time.monotonic()
        except DatabaseError:
            logger.exception("pulse_not_recorded")

    def _show(self, event: str, *, changed: bool) -> None:
        if changed:
            logger.info(f"beat_{event}")
