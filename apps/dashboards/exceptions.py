"""What can go wrong with what the pages remember."""

from apps.common.exceptions import Kind, OperationError


class ViewRefused(OperationError):
    """A list cannot be filtered like that, or the view has no name. The message names the field."""

    kind = Kind.INVALID


class ViewExists(OperationError):
    """The person has a view of that name already."""


class NotYourView(OperationError):
    """The view belongs to somebody else."""


class FormatUnknown(OperationError):
    """Reports or lists have no such format. The message names those there are."""

    kind = Kind.INVALID


class NobodyToMail(OperationError):
    """A report has no recipient who may read it, or no mail server to send it."""
