"""Proving the drill itself: faults that it must name, healthy backups that it must prove."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from apps.backups.engines.contract import Engine
from apps.backups.engines.faults.catalogue import OUT_OF_REACH
from apps.backups.engines.faults.fault import OutOfReach
from apps.backups.engines.faults.healthy import Round, drill_healthy
from apps.backups.engines.faults.proof import Outcome, Proof, faults_named, fresh_backup, prove
from apps.backups.engines.faults.sample import DATABASE, sample_server
from apps.backups.engines.faults.traffic import Changes, writing
from apps.backups.engines.register import Streamed, engine_named
from apps.backups.exceptions import ProofImpossible
from apps.backups.models import Database
from apps.backups.models import Engine as EngineKey

Progress = Callable[[Outcome | OutOfReach | Round], None]
SEED = 20261120


def prove_drill(
    *,
    database: Database | None = None,
    only: Sequence[str] = (),
    healthy_rounds: int = 0,
    seed: int = SEED,
    tell: Progress = lambda one: None,
) -> Proof:
    """Let every fault happen to copies of a fresh backup, and drill healthy ones. Of the database it only reads.

    Without a database: of a small one that is made for it. Raises FaultUnknown, ProofImpossible.
    """
    faults = faults_named(*only)
    with _source(database, seed) as (engine, connection_url, change):
        with fresh_backup(engine, connection_url, between=change) as healthy:
            proof = prove(healthy, faults, tell=tell)
        rounds = drill_healthy(engine, connection_url, rounds=healthy_rounds, change=change, tell=tell)
    return replace(
        proof,
        out_of_reach=[*proof.out_of_reach, *(() if only else OUT_OF_REACH)],
        healthy=len(rounds),
        alarms=[one.alarm for one in rounds if one.alarm],
    )


@contextmanager
def _source(database: Database | None, seed: int) -> Iterator[tuple[Engine, str, Callable[[], list[str]]]]:
    """What is backed up, and how its structure is changed in between."""
    if database is None:
        with sample_server() as server, writing(server, seed):
            yield engine_named(EngineKey.POSTGRESQL), server.connection_url(DATABASE), Changes(server, seed)
        return
    engine = engine_named(database.engine)
    if not isinstance(engine, Streamed):
        raise ProofImpossible(f"Backups of {database} are kept by another tool, so no copy of one can be damaged.")
    yield engine, database.connection_url, list
