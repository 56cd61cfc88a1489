"""Writing evidence: what a verifier saw, what was pushed, what a person attests."""

from apps.evidence.contract import CLOCK_SKEW
from apps.evidence.exceptions import EvidenceRefused
from apps.evidence.services.recording import collect, parameters_digest, record_observation

__all__ = ["CLOCK_SKEW", "EvidenceRefused", "collect", "parameters_digest", "record_observation"]
