"""Files that count, hash or decompress what passes through them."""

import hashlib
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import IO, Any, Protocol

import zstandard

from apps.backups.exceptions import ArtefactUnreadable

CHUNK_BYTES = 1 << 20
CHUNKS_WAITING = 4


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class Writable(Protocol):
    def write(self, data: bytes, /) -> Any: ...


class CountingReader:
    """A file that counts what is read of it."""

    def __init__(self, file: Readable) -> None:
        self.size_bytes = 0
        self._file = file

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.size_bytes += len(data)
        return data


class HashingReader(CountingReader):
    """A file that counts and hashes what is read of it."""

    def __init__(self, file: Readable) -> None:
        super().__init__(file)
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def read(self, size: int = -1) -> bytes:
        data = super().read(size)
        self._digest.update(data)
        return data

    def drain(self) -> None:
        """Read what is left, for its hash."""
        while self.read(CHUNK_BYTES):
            pass


class HashingWriter:
    """A file that counts and hashes what is written to it."""

    def __init__(self, file: Writable) -> None:
        self.size_bytes = 0
        self._file = file
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def write(self, data: bytes) -> int:
        self._digest.update(data)
        self.size_bytes += len(data)
        self._file.write(data)
        return len(data)


class DecompressingWriter:
    """A file that is written compressed, gets the content, and knows how long that took."""

    def __init__(self, file: IO[bytes]) -> None:
        self.seconds = 0.0
        self._file = file
        self._writer = zstandard.ZstdDecompressor().stream_writer(file, closefd=False)

    @property
    def content_bytes(self) -> int:
        return self._file.tell()

    def write(self, data: bytes) -> int:
        """Raises ArtefactUnreadable."""
        started = time.monotonic()
        try:
            self._writer.write(data)
        except zstandard.ZstdError as error:
            raise ArtefactUnreadable(f"The artefact cannot be decompressed: {error}") from error
        self.seconds += time.monotonic() - started
        return len(data)


class BesideWriter:
    """A file whose chunks a thread writes, while whoever wrote them goes on. Raises what the thread met, later."""

    def __init__(self, file: Writable, thread: ThreadPoolExecutor) -> None:
        self._file, self._thread = file, thread
        self._chunk = bytearray()
        self._waiting: deque[Future[Any]] = deque()

    def write(self, data: bytes) -> int:
        self._chunk += data
        if len(self._chunk) >= CHUNK_BYTES:
            self._hand_over()
        return len(data)

    def finish(self) -> None:
        """Wait until everything is written."""
        self._hand_over()
        while self._waiting:
            self._waiting.popleft().result()

    def _hand_over(self) -> None:
        if len(self._waiting) == CHUNKS_WAITING:
            self._waiting.popleft().result()
        self._waiting.append(self._thread.submit(self._file.write, bytes(self._chunk)))
        self._chunk.clear()


@contextmanager
def written_beside(file: Writable) -> Iterator[BesideWriter]:
    """Yield a file that is written by another thread. Leaving the block waits until everything is."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        writer = BesideWriter(file, thread)
        yield writer
        writer.finish()
