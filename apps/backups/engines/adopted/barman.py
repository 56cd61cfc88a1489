"""The folder that Barman keeps of a server: its backups, as their own records say, and its log."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from apps.backups.exceptions import DumpUnreadable

from .form import Form
from .header import Header
from .stored import Dump, size_of

RECORD = "backup.info"
LOG_BYTES = 1 << 32  # of the write-ahead log have the same middle third in their segments' names


@dataclass(frozen=True)
class Record:
    """What Barman noted of one backup."""

    folder: Path
    status: str
    finished_at: datetime
    version: int
    compression: str
    begin_segment: str
    end_segment: str
    segment_bytes: int
    tablespaces: list[int]

    @classmethod
    def read(cls, file: Path) -> Self:
        """Raises DumpUnreadable."""
        try:
            said = dict(line.split("=", 1) for line in file.read_text().splitlines() if "=" in line)
            return cls(
                folder=file.parent,
                status=said["status"],
                finished_at=datetime.fromisoformat(said["end_time"]).astimezone(UTC),
                version=int(said["version"]),
                compression=said.get("compression", "None"),
                begin_segment=said["begin_wal"],
                end_segment=said["end_wal"],
                segment_bytes=int(said.get("xlog_segment_size", 16 << 20)),
                tablespaces=[int(oid) for _, oid, _ in ast.literal_eval(said["tablespaces"]) or []],
            )
        except (OSError, KeyError, ValueError, SyntaxError, TypeError) as error:
            raise DumpUnreadable("A backup of Barman that has not ended, or whose record is damaged.") from error

    @property
    def log_files(self) -> list[Path]:
        """The segments of the log that it needs to become consistent, as Barman files them."""
        timeline, first, last = self.begin_segment[:8], self._number(self.begin_segment), self._number(self.end_segment)
        log = self.folder.parent.parent / "wals"
        per_log = LOG_BYTES // self.segment_bytes
        names = [f"{timeline}{number // per_log:08X}{number % per_log:08X}" for number in range(first, last + 1)]
        return [log / name[:16] / name for name in names]

    def _number(self, segment: str) -> int:
        return int(segment[8:16], 16) * (LOG_BYTES // self.segment_bytes) + int(segment[16:], 16)


def is_barman_server(folder: Path) -> bool:
    """Whether Barman keeps a server there."""
    return (folder / "base").is_dir() and (folder / "wals").is_dir()


def find_records(folder: Path) -> Iterator[Path]:
    """The record of each backup."""
    return (folder / "base").glob(f"*/{RECORD}")


def read_record(file: Path) -> Dump:
    """The backup that the record is of. Raises DumpUnreadable when it is not to be drilled."""
    record = Record.read(file)
    if record.status != "DONE":
        raise DumpUnreadable(f"A backup of Barman whose status is {record.status}.")
    if record.compression != "None":
        raise DumpUnreadable("A backup of Barman that is compressed as a whole (backup_compression).")
    version = f"{record.version // 10_000}.{record.version % 10_000}"
    header = Header(record.finished_at.replace(tzinfo=None), "", version, version, Form.BARMAN)
    return Dump(file.parent, f"base/{file.parent.name}", header, record.finished_at, size_of(file.parent))
