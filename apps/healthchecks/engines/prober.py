"""Asks many addresses at their instants, paced, on one event loop. A failure counts once it has happened twice."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import aiohttp
import uvloop

from apps.common.dialling.http import safe_get, safe_session
from apps.common.exceptions import OperationError

RECHECK_AFTER_SECONDS = 2.0
_AT_ONCE = 500
_PER_SECOND = 500


@dataclass(frozen=True)
class Target:
    """An address to ask, and when."""

    identity: int
    url: str
    due_at: datetime
    timeout_seconds: float
    expected_status: int


@dataclass(frozen=True)
class Outcome:
    """What came of it. The error is empty when the service is up."""

    identity: int
    due_at: datetime
    started_at: datetime
    duration_milliseconds: float
    status_code: int | None = None
    error: str = ""
    attempts: int = 1


def probe_all(targets: Sequence[Target], *, recheck_after_seconds: float = RECHECK_AFTER_SECONDS) -> list[Outcome]:
    """Ask every target at its instant, and return the outcomes in the order of the targets."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_probe_all(targets, recheck_after_seconds))


async def _probe_all(targets: Sequence[Target], recheck_after_seconds: float) -> list[Outcome]:
    gate = asyncio.Semaphore(_AT_ONCE)
    async with safe_session(connections=_AT_ONCE) as session, asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(_probe_at(session, gate, target, instant, recheck_after_seconds))
            for target, instant in zip(targets, _paced(targets), strict=True)
        ]
    return [task.result() for task in tasks]


def _paced(targets: Sequence[Target]) -> list[datetime]:
    """Their instants, moved apart within the second: a burst would falsify the durations."""
    places: dict[datetime, int] = {}
    instants = []
    for target in targets:
        place = places[target.due_at] = places.get(target.due_at, -1) + 1
        instants.append(target.due_at + timedelta(seconds=place / _PER_SECOND))
    return instants


async def _probe_at(
    session: aiohttp.ClientSession, gate: asyncio.Semaphore, target: Target, instant: datetime, recheck: float
) -> Outcome:
    await asyncio.sleep((instant - datetime.now(UTC)).total_seconds())
    async with gate:
        first = await _probe(session, target)
    if not first.error:
        return first
    await asyncio.sleep(recheck)
    async with gate:
        return replace(await _probe(session, target), attempts=2)


async def _probe(session: aiohttp.ClientSession, target: Target) -> Outcome:
    started_at, started = datetime.now(UTC), time.monotonic()
    status, error = await _ask(session, target)
    milliseconds = round((time.monotonic() - started) * 1000, 1)
    return Outcome(target.identity, target.due_at, started_at, milliseconds, status, error)


async def _ask(session: aiohttp.ClientSession, target: Target) -> tuple[int | None, str]:
    redirects = 0 if 300 <= target.expected_status < 400 else 3
    try:
        answer = await safe_get(session, target.url, timeout_seconds=target.timeout_seconds, redirects=redirects)
    except OperationError as error:
        return None, error.message
    except TimeoutError:
        return None, f"No answer within {target.timeout_seconds:g} s."
    except aiohttp.ClientSSLError:
        return None, "The TLS certificate is not valid for the address, or the handshake failed."
    except aiohttp.ClientConnectorDNSError:
        return None, "The host name does not resolve."
    except aiohttp.ClientConnectorError as error:
        return None, f"The connection failed: {error.strerror}."
    except (aiohttp.ClientError, ValueError, OSError) as error:
        return None, f"No valid HTTP answer ({type(error).__name__})."
    if answer.status != target.expected_status:
        return answer.status, f"Status {answer.status} instead of {target.expected_status}."
    return answer.status, ""
