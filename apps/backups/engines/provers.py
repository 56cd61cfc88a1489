"""Where backups of each streamed engine are restored to be proven."""

from .contract import Proving
from .postgresql.prover import proving_postgresql
from .sqlite.prover import proving_sqlite

PROVERS: dict[str, Proving] = {
    "postgresql": proving_postgresql,
    "sqlite": proving_sqlite,
}
