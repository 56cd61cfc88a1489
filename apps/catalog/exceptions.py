"""What can be wrong with a name of the catalog."""

from apps.common.exceptions import OperationError


class UnknownService(OperationError):
    """No service has that slug."""


class UnknownEnvironment(OperationError):
    """The service has no environment of that name."""
