"""Makes damaged copies of a backup: damaged bytes, and whole artefacts that hold the wrong database."""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from apps.backups.engines.artefact import unpack
from apps.backups.engines.backup import publish_manifest, take_backup
from apps.backups.engines.manifest import MANIFEST_NAME, Manifest
from apps.backups.engines.postgresql.address import Address
from apps.backups.engines.postgresql.restore import restore
from apps.backups.engines.postgresql.roles import Role
from apps.backups.engines.postgresql.source import PostgreSQLSource
from apps.backups.engines.storage import LocalStorage
from apps.common.postgresql.binaries import installation_for
from apps.common.postgresql.throwaway import throwaway_folder, throwaway_server


@dataclass(frozen=True)
class Doctor:
    """Works on a copy of the backup under `source`, which it puts under `prefix`."""

    storage: LocalStorage
    manifest: Manifest
    source: str
    prefix: str

    @property
    def artefact(self) -> Path:
        return self.storage.folder / self.prefix / self.manifest.artefact.name

    def copy(self) -> str:
        """An untouched copy."""
        shutil.copytree(self.storage.folder / self.source, self.storage.folder / self.prefix)
        return self.prefix

    def flip_bit(self) -> str:
        """One bit in the middle of the artefact is the other one."""
        self.copy()
        data = bytearray(self.artefact.read_bytes())
        data[len(data) // 2] ^= 0b1000
        self.artefact.write_bytes(data)
        return self.prefix

    def truncate(self, size_bytes: int | None = None) -> str:
        """The end of the artefact is missing: its last byte, unless said otherwise."""
        self.copy()
        kept = self.artefact.read_bytes()
        self.artefact.write_bytes(kept[:-1] if size_bytes is None else kept[:size_bytes])
        return self.prefix

    def rewrite(self, *statements: str) -> str:
        """The artefact holds a database that was changed after the fingerprint was taken; its checksum is right."""
        changed = self._dump_changed(statements)
        self.storage.delete(f"{self.prefix}/{MANIFEST_NAME}")
        manifest = replace(self.manifest, artefact=changed.artefact, companions=changed.companions)
        publish_manifest(manifest, storage=self.storage, prefix=self.prefix)
        return self.prefix

    def _dump_changed(self, statements: tuple[str, ...]) -> Manifest:
        major = self.manifest.fingerprint["server_major"]
        with throwaway_folder() as folder, throwaway_server(installation_for(major, with_server=True)) as server:
            stored = self.storage.folder / self.source / self.manifest.artefact.name
            unpack(stored, folder / "dump", self.manifest.artefact)
            names = {
                "database": self.manifest.database,
                "roles": [Role.from_json(role) for role in self.manifest.extras["roles"]],
            }
            restore(server, folder / "dump", timeout_seconds=60, **names)
            address = Address(server.connection_parameters(self.manifest.database))
            with address.connect() as connection:
                for statement in statements:
                    connection.execute(statement)
            return take_backup(source=PostgreSQLSource(address), storage=self.storage, prefix=self.prefix)
