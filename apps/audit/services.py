"""Writing the audit trail."""

import json
from collections.abc import Mapping
from typing import Any

import structlog
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models, transaction

from apps.accounts.models import ApiToken
from apps.audit.engines import FIRST_DIGEST, chain_digest
from apps.audit.models import AuditEvent
from apps.common.clock import now

SYSTEM = "Seaworthy"
_CHAIN_LOCK = 0x5EA_A0D17


@transaction.atomic
def record(
    *, action: str, subject: models.Model, actor: Any = None, details: Mapping[str, Any] | None = None
) -> AuditEvent:
    """Append an event, in the caller's transaction. Call it last: it holds the chain's lock until the commit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CHAIN_LOCK])
    last = AuditEvent.objects.order_by("-pk").first()
    person = actor if actor is not None and actor.is_authenticated else None
    event = AuditEvent(
        actor=person,
        actor_label=person.get_username() if person else SYSTEM,
        action=action,
        subject_type=subject._meta.label_lower,
        subject_id=str(subject.pk),
        subject_label=str(subject)[:300],
        # The digest covers what a reader will get back, so plain JSON values go in.
        details=json.loads(json.dumps(dict(details or {}), cls=DjangoJSONEncoder)),
        request_id=str(structlog.contextvars.get_contextvars().get("request_id") or ""),
        previous_digest=last.digest if last else FIRST_DIGEST,
    )
    event.digest = chain_digest(settings.AUDIT_KEY, event.previous_digest, event.chained_content())
    event.save(force_insert=True)
    return event


@transaction.atomic
def revoke_token(*, token: ApiToken, actor: Any) -> bool:
    """From now on the token opens nothing. False: it was revoked before."""
    is_revoked = token.revoke(at=now())
    if is_revoked:
        record(action="apitoken.revoked", subject=token, actor=actor)
    return is_revoked
