"""Failures that are expected, and whose message may be shown to a person."""


class OperationError(Exception):
    """What the world or a tool refused. The message says what happened and what to do; it holds no secret."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
