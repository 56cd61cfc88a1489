"""What can be wrong with evidence that is brought."""

from apps.common.exceptions import Kind, OperationError


class EvidenceRefused(OperationError):
    """The observation, or the report that it is read from, is not what it has to be."""

    kind = Kind.INVALID


class EvidenceConflict(OperationError):
    """Something else is known by that name already."""


class OutOfScope(OperationError):
    """The token may not speak of that."""

    kind = Kind.FORBIDDEN


class SigningKeyUnusable(OperationError):
    """Statements cannot be signed, because EVIDENCE_SIGNING_KEY is missing or is none."""
