"""Leads a dump into a database of another name: its own is in two kinds of lines, always written the same.

Whatever is between them is passed on as it is, but for events, which would run beside those of the source, and for the
rows of tables that nobody chose.
"""

import re
from collections.abc import Collection, Iterator
from typing import IO

LINE_BYTES = 1 << 20  # of a longer line the rest follows, and is passed on with its beginning
CREATE_DATABASE = b"CREATE DATABASE /*!32312 IF NOT EXISTS*/ "
LOCK_TABLES = re.compile(rb"LOCK TABLES `((?:[^`]|``)+)` WRITE;$")
UNLOCK_TABLES = b"UNLOCK TABLES;"
CREATE_EVENT = b"/*!50106 CREATE*/"
ENABLED = re.compile(rb"( ON COMPLETION (?:NOT )?PRESERVE) ENABLE")


class Renaming:
    """A dump's bytes for a database of another name; `tables` are those whose rows are wanted, none for all."""

    def __init__(self, database: str, new_name: str, tables: Collection[str] = ()) -> None:
        self._use = use(database)
        self._use_new = use(new_name)
        self._tables = {name.encode() for name in tables}
        self._is_left_out = False

    def chunks(self, dump: IO[bytes]) -> Iterator[bytes]:
        """Pieces of lines, as they come."""
        is_beginning = True
        while piece := dump.readline(LINE_BYTES):
            wanted = self._line(piece) if is_beginning else piece
            if wanted and not self._is_left_out:
                yield wanted
            is_beginning = piece.endswith(b"\n")

    def _line(self, line: bytes) -> bytes:
        stripped = line.rstrip()
        if stripped == self._use:
            return self._use_new + b"\n"
        if line.startswith(CREATE_DATABASE):
            return b""
        if line.startswith(CREATE_EVENT):
            return ENABLED.sub(rb"\1 DISABLE", line, count=1)
        if self._tables:
            self._leave_out_rows(stripped)
        return line

    def _leave_out_rows(self, line: bytes) -> None:
        """From the line that locks a table that nobody chose to the one that unlocks it."""
        locked = LOCK_TABLES.fullmatch(line)
        if locked:
            self._is_left_out = locked[1].replace(b"``", b"`") not in self._tables
        elif line == UNLOCK_TABLES:
            self._is_left_out = False


def use(database: str) -> bytes:
    """The line by which a dump enters its database."""
    return b"USE `" + database.replace("`", "``").encode() + b"`;"
