"""What the security baseline refuses."""

from apps.common.exceptions import OperationError


class TooManyAttempts(OperationError):
    """The address or the account has failed to sign in too often."""

    def __init__(self, message: str, *, retry_after_seconds: int) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class LimitsUnreachable(OperationError):
    """The counters cannot be read, so nobody may try passwords."""


class NoOwnService(OperationError):
    """The catalog has no service that is this installation."""
