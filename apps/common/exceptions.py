"""Failures that are expected, and whose message may be shown to a person."""

from enum import StrEnum
from typing import ClassVar


class Kind(StrEnum):
    """Whose turn it is: the asker's, because the question is wrong, or the world's, because of how it stands."""

    CONFLICT = "conflict"
    FORBIDDEN = "forbidden"
    INVALID = "invalid"
    UNKNOWN = "unknown"


class OperationError(Exception):
    """What the world or a tool refused. The message says what happened and what to do; it holds no secret."""

    kind: ClassVar[Kind] = Kind.CONFLICT

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
