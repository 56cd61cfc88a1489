"""Questions about the audit trail."""

from dataclasses import dataclass

from django.conf import settings

from apps.audit.engines import FIRST_DIGEST, chain_digest
from apps.audit.models import AuditEvent


@dataclass(frozen=True)
class ChainReport:
    """How many events were read, and the first that does not fit the one before it."""

    events: int
    broken_at: int | None
    head: str


def verify_chain() -> ChainReport:
    """Recompute every digest from the first event on."""
    previous, count = FIRST_DIGEST, 0
    for event in AuditEvent.objects.order_by("pk").iterator():
        count += 1
        expected = chain_digest(settings.AUDIT_KEY, previous, event.chained_content())
        if event.previous_digest != previous or event.digest != expected:
            return ChainReport(events=count, broken_at=event.pk, head=previous)
        previous = event.digest
    return ChainReport(events=count, broken_at=None, head=previous)
