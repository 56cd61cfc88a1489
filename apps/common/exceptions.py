"""Failures that are expected, and whose message may be shown to a person."""

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError


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


def problems_in(error: ValidationError, names: Mapping[str, str] | None = None) -> str:
    """What a model's own checks found, each field before its problems. `names` calls fields otherwise."""
    names = {NON_FIELD_ERRORS: "", **(names or {})}
    found = {names.get(field, field): " ".join(dict.fromkeys(said)) for field, said in error.message_dict.items()}
    return " ".join(f"{name}: {said}".removeprefix(": ") for name, said in found.items())
