"""What was seen, and who may bring what was seen elsewhere."""

from apps.evidence.models.observations import ObservationRecord
from apps.evidence.models.pushing import PushedReport, SigningKey, TokenScope

__all__ = ["ObservationRecord", "PushedReport", "SigningKey", "TokenScope"]
