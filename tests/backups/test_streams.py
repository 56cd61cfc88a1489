"""Files that a thread writes beside whoever writes to them."""

import io
import shutil
import threading

import pytest

from apps.backups.engines.streams import CHUNK_BYTES, written_beside

PIECE = bytes(8192)


class Slow(io.BytesIO):
    """Writes once it may."""

    def __init__(self) -> None:
        super().__init__()
        self.may_write = threading.Event()

    def write(self, data: bytes) -> int:  # type: ignore[override]
        assert self.may_write.wait(timeout=30)
        return super().write(data)


class Full(io.BytesIO):
    def write(self, data: bytes) -> int:  # type: ignore[override]
        raise OSError(28, "No space left on device")


def test_every_byte_arrives_in_its_order() -> None:
    file, content = io.BytesIO(), b"".join(number.to_bytes(4, "big") for number in range(1_000_000))

    with written_beside(file) as writer:
        for start in range(0, len(content), 70_001):
            writer.write(content[start : start + 70_001])

    assert file.getvalue() == content


def test_whoever_writes_does_not_wait_for_the_first_chunks() -> None:
    file = Slow()

    with written_beside(file) as writer:
        for _ in range(2 * CHUNK_BYTES // len(PIECE)):
            writer.write(PIECE)
        file.may_write.set()

    assert len(file.getvalue()) == 2 * CHUNK_BYTES


def test_an_error_of_the_thread_stops_whoever_writes() -> None:
    source = io.BytesIO(bytes(100 * CHUNK_BYTES))

    with pytest.raises(OSError, match="28"), written_beside(Full()) as writer:
        shutil.copyfileobj(source, writer, 8192)

    assert source.tell() < 10 * CHUNK_BYTES


def test_an_error_of_the_last_bytes_is_raised_at_the_end() -> None:
    with pytest.raises(OSError, match="28"), written_beside(Full()) as writer:
        assert writer.write(PIECE) == len(PIECE)
