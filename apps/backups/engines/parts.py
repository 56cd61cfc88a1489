"""The parts in which a stream is uploaded: few enough whatever its size, small enough to be held."""

from dataclasses import dataclass

MIB = 1 << 20
LARGEST_NUMBER = 10_000  # of parts of one object, in S3
EQUAL_PARTS = 5_000  # some storages want parts of one size; up to 42 GB all are
DOUBLED_EVERY = 500
SMALLEST_BYTES = 8 * MIB
LARGEST_BYTES = 4096 * MIB


@dataclass(frozen=True)
class Part:
    """One part as it was stored."""

    size_bytes: int
    sha256: str


def planned_bytes(number: int) -> int:
    """The size of the part of that number, from 1: all parts together hold 6 TB."""
    doublings = max(0, (number - 1 - EQUAL_PARTS) // DOUBLED_EVERY + 1)
    return min(SMALLEST_BYTES << doublings, LARGEST_BYTES)
