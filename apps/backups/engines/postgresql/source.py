"""A PostgreSQL database as a source: dump and fingerprint in one snapshot."""

from dataclasses import dataclass, replace
from typing import Self

from django.conf import settings

from apps.backups.engines.contract import Store, Taken
from apps.backups.engines.manifest import Summary
from apps.backups.engines.stages import TIMEOUT_SECONDS, Stages

from .address import Address, parse_address
from .dump import Snapshot, dumping, fingerprinting, open_snapshot
from .fingerprint import Fingerprint, pair_positions, read_sequence_positions
from .roles import GLOBALS_NAME, make_globals
from .rows import FULL, Effort
from .source_warnings import find_warnings


@dataclass(frozen=True)
class PostgreSQLSource:
    """One database of a PostgreSQL server."""

    address: Address
    effort: Effort = FULL
    engine = "postgresql"

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Raises AddressInvalid."""
        effort = Effort(settings.BACKUP_SAMPLE_ABOVE_BYTES, settings.BACKUP_FINGERPRINT_REST_PERCENT)
        return cls(parse_address(url), effort)

    @property
    def name(self) -> str:
        return self.address.database

    def read(self, store: Store, stages: Stages) -> Taken:
        with open_snapshot(self.address) as snapshot:
            fingerprint = self._dump(snapshot, store, stages)
            warnings = find_warnings(snapshot.connection, fingerprint)
        return Taken(
            snapshot_at=snapshot.taken_at,
            tool_version=snapshot.installation.version,
            summary=summary_of(fingerprint),
            fingerprint=fingerprint.as_json(),
            companions={GLOBALS_NAME: make_globals(snapshot.roles).encode()},
            extras={"roles": [role.as_json() for role in snapshot.roles]},
            warnings=warnings,
        )

    def _dump(self, snapshot: Snapshot, store: Store, stages: Stages) -> Fingerprint:
        """Dump and fingerprint at the same time: both import the snapshot, and the tool leaves a core idle."""
        before = read_sequence_positions(snapshot.connection)
        with fingerprinting(snapshot, self.effort) as future:
            with stages.measure("dump"), dumping(self.address, snapshot, timeout_seconds=TIMEOUT_SECONDS) as stream:
                store(stream)
            with stages.measure("fingerprint"):  # what of it took longer than the dump
                fingerprint = future.result()
        after = read_sequence_positions(snapshot.connection)
        return replace(fingerprint, sequences=pair_positions(before, after))


def summary_of(fingerprint: Fingerprint) -> Summary:
    """The figures that lists show."""
    return Summary(
        tables=len(fingerprint.tables),
        rows=fingerprint.row_count,
        size_bytes=fingerprint.database_size_bytes,
        server_version=fingerprint.server_version,
    )
