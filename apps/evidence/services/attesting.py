"""What a person confirms by own knowledge."""

from datetime import datetime

from django.db import transaction

from apps.accounts.models import User
from apps.audit import services as audit
from apps.catalog.models import Environment
from apps.common.clock import now
from apps.evidence.contract import Observation
from apps.evidence.engines.reading import check_plain
from apps.evidence.exceptions import EvidenceRefused
from apps.evidence.models import ObservationRecord
from apps.evidence.services.recording import record_observation

ATTESTATION = "human.attestation"


@transaction.atomic
def attest(
    *,
    environment: Environment,
    statement: str,
    comment: str,
    actor: User,
    is_so: bool = True,
    at: datetime | None = None,
) -> ObservationRecord:
    """Record that a person says the statement is so, or is not, and how they know. Raises EvidenceRefused."""
    at, comment = at or now(), comment.strip()
    if not comment:
        raise EvidenceRefused("Say how you know: an attestation needs a comment.")
    facts = {"confirmed": is_so, "comment": comment, "by": actor.get_username()}
    check_plain([statement, comment])
    record = record_observation(
        environment=environment,
        key=ATTESTATION,
        observation=Observation(facts=facts, observed_at=at, subject=str(environment)),
        parameters={"statement": statement},
        at=at,
    )
    details = {"statement": statement, "confirmed": is_so}
    audit.record(action="evidence.attested", subject=record, actor=actor, details=details)
    return record
