"""How far something is that fills a folder and does not say so."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .restoring import Progress
from .watch import used_bytes

LOOK_SECONDS = 2.0


@contextmanager
def telling_growth(folder: Path, size_bytes: int, progress: Progress) -> Iterator[None]:
    """Tell how much of the size the folder takes, now and then, until the block ends."""
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(LOOK_SECONDS):
            progress(min(used_bytes(folder), size_bytes), size_bytes)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
