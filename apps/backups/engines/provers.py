"""Where backups of each streamed engine are restored to be proven."""

from .contract import Proving
from .files.prover import proving_files
from .mariadb.prover import proving_mariadb
from .postgresql.prover import proving_postgresql
from .sqlite.prover import proving_sqlite

PROVERS: dict[str, Proving] = {
    "postgresql": proving_postgresql,
    "mariadb": proving_mariadb,
    "files": proving_files,
    "sqlite": proving_sqlite,
}
