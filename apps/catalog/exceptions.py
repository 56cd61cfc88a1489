"""What can be wrong with a name of the catalog."""

from apps.common.exceptions import Kind, OperationError


class UnknownService(OperationError):
    """No service has that slug."""

    kind = Kind.UNKNOWN


class UnknownEnvironment(OperationError):
    """The service has no environment of that name."""

    kind = Kind.UNKNOWN


class SlugInvalid(OperationError):
    """The text cannot name a service in addresses and commands."""

    kind = Kind.INVALID
