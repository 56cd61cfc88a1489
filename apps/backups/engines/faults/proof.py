"""Lets every fault happen to a copy of a fresh backup, and says which of them the drill names."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import structlog

from apps.backups.engines.contract import BackupJob, Engine
from apps.backups.engines.encryption import make_identity, public_key_of
from apps.backups.engines.findings import Finding
from apps.backups.engines.storage import LocalStorage
from apps.common.exceptions import OperationError
from apps.common.postgresql.throwaway import copied_clusters, throwaway_folder

from .case import HEALTHY, OLDER, Case, Healthy
from .catalogue import FAULTS
from .fault import Fault, NotApplicable, OutOfReach
from .scratch import Pristine

WORKERS = 2
logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Outcome:
    """What came of one fault."""

    id: str
    mode: int
    sentence: str
    caught_by: str
    expected: tuple[str, ...]
    caught: bool
    finding: str | None
    message: str
    seconds: float


@dataclass(frozen=True)
class Proof:
    """The matrix: what was named, what was missed, what is out of reach, and what alarmed for nothing."""

    outcomes: list[Outcome]
    out_of_reach: list[OutOfReach]
    healthy: int = 0
    alarms: list[str] = field(default_factory=list)

    @property
    def missed(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if not outcome.caught]

    @property
    def holds(self) -> bool:
        """Whether everything was caught, and nothing alarmed for nothing."""
        return not self.missed and not self.alarms

    def as_json(self) -> dict[str, Any]:
        """The figures, in the shape that scripts rely on."""
        return {
            "faults": [asdict(outcome) for outcome in self.outcomes],
            "healthy": self.healthy,
            "false_alarms": len(self.alarms),
            "alarms": self.alarms,
            "out_of_reach": [
                {"id": one.id, "mode": one.mode, "sentence": one.sentence, "why": one.why} for one in self.out_of_reach
            ],
        }


Tell = Callable[[Outcome | OutOfReach], None]


@contextmanager
def fresh_backup(
    engine: Engine, connection_url: str, *, between: Callable[[], object] = lambda: None
) -> Iterator[Healthy]:
    """Two backups of the source in a temporary storage, the older one and the healthy one, for a key made for them."""
    with throwaway_folder() as folder:
        storage = LocalStorage(folder)
        identity = make_identity()
        recipients = [public_key_of(identity)]
        job = BackupJob(connection_url=connection_url, storage=storage, prefix=OLDER, recipients=recipients)
        engine.take(job)
        between()
        manifest = engine.take(replace(job, prefix=HEALTHY))
        yield Healthy(engine, connection_url, storage, manifest, recipients, [identity])


def prove(healthy: Healthy, faults: Sequence[Fault], *, tell: Tell = lambda one: None) -> Proof:
    """Let the faults happen, two at a time, each to a copy of its own."""
    outcomes: dict[str, Outcome] = {}
    out_of_reach: list[OutOfReach] = []
    with copied_clusters(), ExitStack() as stack, ThreadPoolExecutor(max_workers=WORKERS) as pool:
        pristine = Pristine(healthy, stack)
        running = [pool.submit(_let_happen, fault, healthy, pristine) for fault in faults]
        for future in as_completed(running):
            one = future.result()
            tell(one)
            if isinstance(one, Outcome):
                outcomes[one.id] = one
            else:
                out_of_reach.append(one)
    return Proof([outcomes[fault.id] for fault in faults if fault.id in outcomes], out_of_reach)


def faults_named(*identifiers: str) -> list[Fault]:
    """The faults of these ids, or all. Raises FaultUnknown."""
    known = {fault.id: fault for fault in FAULTS}
    for identifier in identifiers:
        if identifier not in known:
            raise FaultUnknown(f"There is no fault {identifier}. There are: {', '.join(known)}.")
    return [known[identifier] for identifier in identifiers] or list(FAULTS)


class FaultUnknown(OperationError):
    """No fault has that id."""


def _let_happen(fault: Fault, healthy: Healthy, pristine: Pristine) -> Outcome | OutOfReach:
    started = time.monotonic()
    if fault.engines and healthy.engine.key not in fault.engines:
        return _not_here(fault, f"It cannot happen to {healthy.engine.key}.")
    try:
        with Case.of(healthy, fault.id, datetime.now(UTC), pristine) as case:
            found = fault.happen(case)
    except NotApplicable as reason:
        return _not_here(fault, str(reason))
    except OperationError as error:
        found = [Finding("fault-broken", f"The fault could not be made to happen: {error.message}")]
    except Exception as error:  # a drill that breaks at one fault has not named it; the others are tried all the same
        logger.exception("fault_broke_the_drill", fault=fault.id)
        found = [Finding("drill-crashed", f"The drill broke: {type(error).__name__}. The log has the details.")]
    return _outcome(fault, found, time.monotonic() - started)


def _outcome(fault: Fault, found: list[Finding], seconds: float) -> Outcome:
    named = next((finding for finding in found if finding.id in fault.findings), None)
    shown = named or (found[0] if found else None)
    return Outcome(
        id=fault.id,
        mode=fault.mode,
        sentence=fault.sentence,
        caught_by=fault.caught_by.value,
        expected=fault.findings,
        caught=named is not None,
        finding=shown.id if shown else None,
        message=shown.message if shown else "The drill found nothing.",
        seconds=round(seconds, 2),
    )


def _not_here(fault: Fault, why: str) -> OutOfReach:
    return OutOfReach(fault.id, fault.mode, fault.sentence, why, caught_by=fault.caught_by)
