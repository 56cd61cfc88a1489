"""Commands that people watch."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

SHOWS_LOGS = 2


@contextmanager
def quiet_logs(verbosity: int) -> Iterator[None]:
    """Leave the command's own sentences alone on the terminal: routine log lines need `--verbosity 2`."""
    logger = logging.getLogger("apps")
    before = logger.level
    if verbosity < SHOWS_LOGS:
        logger.setLevel(max(logger.getEffectiveLevel(), logging.WARNING))
    try:
        yield
    finally:
        logger.setLevel(before)
