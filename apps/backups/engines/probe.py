"""What a test of a connection says: a line for each thing that a backup or its drill needs."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from apps.common.wording import duration_in_words, size_in_words

DRILL_BYTES = 200 << 20  # an empty server with its first log
LARGEST_CLOCK_DIFFERENCE = timedelta(seconds=5)


class State(StrEnum):
    """How a thing stands: there, doubtful, or missing so that a backup or its drill would fail."""

    OK = "ok"
    WARNING = "warning"
    MISSING = "missing"


@dataclass(frozen=True)
class Line:
    """One thing that was looked at. The ids are a promise; `advice` is a statement to run or a package to install."""

    id: str
    state: State
    message: str
    advice: str = ""

    def as_json(self) -> dict[str, str]:
        return {name: str(value) for name, value in asdict(self).items()}


@dataclass(frozen=True)
class Offer:
    """One database that a server has, whether or not anybody protects it."""

    name: str
    size_bytes: int | None = None


@dataclass(frozen=True)
class Neighbours:
    """All databases of the server that a connection leads to. `server` is the same for every address of that server.

    `own_name` is what the server calls the database of the connection itself.
    """

    server: str
    address: str
    own_name: str
    databases: Sequence[Offer] = field(default_factory=tuple)


# Looks at a source through its connection URL, and says what it found. What the world refuses is a line, not an error.
Probe = Callable[[str, datetime], list[Line]]
# The same connection to another database of its server.
Neighbour = Callable[[str, str], str]
# Lists what lives on the server of a connection URL. Raises BackupError when it cannot look.
Discover = Callable[[str], Neighbours]


def is_ready(lines: Sequence[Line]) -> bool:
    """Whether nothing is missing."""
    return all(line.state != State.MISSING for line in lines)


def fine(identifier: str, message: str) -> Line:
    """It is there."""
    return Line(identifier, State.OK, message)


def doubtful(identifier: str, message: str, advice: str = "") -> Line:
    """It works, and somebody should know."""
    return Line(identifier, State.WARNING, message, advice)


def missing(identifier: str, message: str, advice: str = "") -> Line:
    """A backup or its drill would fail without it."""
    return Line(identifier, State.MISSING, message, advice)


def disk_line(folder: Path, size_bytes: int) -> Line:
    """Whether a drill here has room for the restored source beside its dump."""
    needed, free = 2 * size_bytes + DRILL_BYTES, shutil.disk_usage(folder).free
    words = f"A drill needs about {size_in_words(needed)} in {folder}, and {size_in_words(free)} are free."
    return fine("disk", words) if free >= needed else missing("disk", words, f"Free space in {folder}, or enlarge it.")


def clock_line(theirs: datetime, ours: datetime) -> Line:
    """Whether source and worker agree on the time, which the age of each backup rests on."""
    difference = abs(theirs - ours)
    if difference <= LARGEST_CLOCK_DIFFERENCE:
        return fine("clock", "Its clock and this machine's agree.")
    side = "ahead of" if theirs > ours else "behind"
    message = f"Its clock is {duration_in_words(difference)} {side} this machine's."
    return doubtful("clock", message, "Let both machines follow a time server (NTP).")


def as_json(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """The lines, as they are kept and printed."""
    return [line.as_json() for line in lines]
