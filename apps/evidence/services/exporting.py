"""Observations as statements for others to read, signed where a key is set."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.conf import settings

from apps.catalog.models import Service
from apps.evidence.engines.statements import make_statement, sign_statement
from apps.evidence.exceptions import SigningKeyUnusable
from apps.evidence.judge import Judgement
from apps.evidence.models import ObservationRecord
from apps.evidence.selectors import explain


def export_statement(record: ObservationRecord, *, is_signed: bool = False) -> dict[str, Any]:
    """The in-toto Statement of an observation, or a DSSE envelope with it. Raises SigningKeyUnusable."""
    statement = make_statement(name=record.subject or str(record.environment), predicate=_predicate(record))
    return sign_statement(statement, signing_key()) if is_signed else statement


def export_statements(
    *, service: Service, recorded_from: datetime | None = None, is_signed: bool = False
) -> Iterator[dict[str, Any]]:
    """The statements of all that was seen of a service, the oldest first."""
    records = ObservationRecord.objects.filter(environment__service=service).order_by("pk")
    if recorded_from:
        records = records.filter(recorded_at__gte=recorded_from)
    related = records.select_related("environment__service").prefetch_related("reports")
    for record in related.iterator(chunk_size=500):
        yield export_statement(record, is_signed=is_signed)


def signing_key() -> str:
    """The key that statements are signed with. Raises SigningKeyUnusable where none is set."""
    if not settings.EVIDENCE_SIGNING_KEY:
        raise SigningKeyUnusable("Statements are not signed here: EVIDENCE_SIGNING_KEY is not set.")
    return str(settings.EVIDENCE_SIGNING_KEY)


def _predicate(record: ObservationRecord) -> dict[str, Any]:
    explained = explain(record)
    return {
        "service": record.environment.service.slug,
        "environment": record.environment.name,
        "verifier": {"key": record.verifier_key, "version": record.verifier_version},
        "parameters": record.parameters,
        "facts": record.facts,
        "error": record.error,
        "summary": record.summary,
        "source": record.source,
        "trust": record.trust,
        "timeCreated": _instant(record.observed_at),
        "timeRecorded": _instant(record.recorded_at),
        "expires": _instant(explained.expires_at) if explained else None,
        "rule": explained.verifier.default_rule if explained else None,
        **_judgement(explained.judgement if explained else None),
        "reports": [{"format": each.format, "digest": {"sha256": each.sha256}} for each in record.reports.all()],
    }


def _judgement(judgement: Judgement | None) -> dict[str, Any]:
    return {
        "verdict": judgement.verdict.value if judgement else None,
        "reasons": list(judgement.reasons) if judgement else [],
    }


def _instant(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")
