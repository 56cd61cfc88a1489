"""Taking evidence that was seen elsewhere."""

import hashlib
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.audit import services as audit
from apps.catalog.models import Environment
from apps.common.clock import now
from apps.common.wording import duration_in_words
from apps.evidence.contract import CLOCK_SKEW, Observation, Trust, Verifier
from apps.evidence.engines.envelopes import open_envelope
from apps.evidence.engines.formats import IN_TOTO, read_report
from apps.evidence.engines.pushes import Push
from apps.evidence.engines.reading import Reading, Subject, check_plain
from apps.evidence.engines.signatures import read_public_key
from apps.evidence.exceptions import EvidenceConflict, EvidenceRefused
from apps.evidence.models import ObservationRecord, PushedReport, SigningKey, TokenScope
from apps.evidence.register import find_verifier
from apps.evidence.services.recording import record_observation


@transaction.atomic
def push_evidence(
    *, scope: TokenScope, idempotency_key: str, push: Push, at: datetime | None = None
) -> tuple[PushedReport, bool]:
    """Take the report once, and say whether it is new. The same key again gives the first answer.

    Raises OutOfScope, EvidenceRefused, and EvidenceConflict for a key that stands for another report.
    """
    at = at or now()
    scope = TokenScope.objects.with_its_rows().select_for_update(of=["self"]).get(pk=scope.pk)  # one push at a time
    if known := _known(scope, idempotency_key, push):
        return known, False
    scope.require(service=push.service, verifier_key=push.verifier)
    signing_key = _find_signer(scope, push)
    environment, trust = scope.find_environment(push.environment), Trust.SIGNED if signing_key else Trust.PUSHED
    record = _record(environment, push, trust, at)
    sha256 = _signed_sha256(push, record) if signing_key else push.report_sha256
    report = PushedReport.objects.create(
        token=scope.token,
        idempotency_key=idempotency_key,
        request_digest=push.digest,
        record=record,
        format=push.format,
        sha256=sha256,
        size_bytes=len(push.report),
        signing_key=signing_key,
        received_at=at,
    )
    audit.record(action="evidence.pushed", subject=record, actor=scope.token.user, details=_details(scope, report))
    return report, True


def _known(scope: TokenScope, idempotency_key: str, push: Push) -> PushedReport | None:
    reports = PushedReport.objects.select_related("record__environment__service")
    known = reports.filter(token=scope.token, idempotency_key=idempotency_key).first()
    if known and known.request_digest != push.digest:
        raise EvidenceConflict("That Idempotency-Key was used for another report: choose a new one for each report.")
    return known


def _find_signer(scope: TokenScope, push: Push) -> SigningKey | None:
    """The key that signed the report; None where the token asks for no signature."""
    keys = list(scope.signing_keys.all())
    if not keys:
        return None
    envelope = open_envelope(push.report) if push.format == IN_TOTO else None
    if envelope is None:
        raise EvidenceRefused("This token pushes only signed statements: send format in-toto, in a DSSE envelope.")
    valid = (key for key in keys if key.revoked_at is None)
    signer = next((key for key in valid if envelope.is_signed_by(read_public_key(key.pem))), None)
    if signer is None:
        names = ", ".join(key.name for key in keys)
        raise EvidenceRefused(f"The envelope holds no valid signature of {names}.")
    return signer


def _signed_sha256(push: Push, record: ObservationRecord) -> str:
    """The digest of what was signed, which may be one observation only: whoever holds just the token signs no other.

    The envelope around it can be written in many ways.
    """
    envelope = open_envelope(push.report)
    sha256 = hashlib.sha256(envelope.payload if envelope else push.report).hexdigest()
    same = PushedReport.objects.filter(signing_key__isnull=False, sha256=sha256)
    if same.exclude(record=record).exists():
        raise EvidenceConflict("This signed statement was taken before, as another observation: sign a new one.")
    return sha256


def _record(environment: Environment, push: Push, trust: Trust, at: datetime) -> ObservationRecord:
    verifier = find_verifier(push.verifier)
    if verifier.trust is not Trust.PUSHED:
        raise EvidenceRefused(f"Evidence of {verifier.key} is not pushed.")
    check_plain(dict(push.parameters))
    reading = read_report(push.report, format_name=push.format, verifier_key=verifier.key)
    _check_time(push, reading, verifier, at)
    subject = _subject(push, reading)
    facts = _facts(reading, subject, verifier)
    observation = Observation(
        facts=facts, observed_at=push.observed_at, subject=str(subject) or str(environment), source=push.run_url
    )
    record = record_observation(
        environment=environment,
        key=verifier.key,
        observation=observation,
        parameters=push.parameters,
        trust=trust,
        at=at,
    )
    if record.facts != facts:
        raise EvidenceConflict(f"{verifier.key}: other facts of that instant and that subject are known already.")
    return record


def _check_time(push: Push, reading: Reading, verifier: Verifier, at: datetime) -> None:
    if push.observed_at > at + CLOCK_SKEW:
        raise EvidenceRefused("observed_at lies in the future; check the clock of what sent it.")
    if push.observed_at < at - verifier.longest_ttl:
        longest = duration_in_words(verifier.longest_ttl)
        raise EvidenceRefused(f"observed_at is too old: evidence of {verifier.key} counts for {longest} at most.")
    # Else an old statement could be sent again as a new one.
    if reading.observed_at not in {None, push.observed_at}:
        raise EvidenceRefused("observed_at must be the timeCreated of the statement.")


def _subject(push: Push, reading: Reading) -> Subject:
    sent, read = push.subject, reading.subject
    if any(one and other and one != other for one, other in ((sent.commit, read.commit), (sent.digest, read.digest))):
        raise EvidenceRefused(f"subject: the report is about {read}, not about {sent}.")
    return read if str(read) else sent


def _facts(reading: Reading, subject: Subject, verifier: Verifier) -> dict[str, Any]:
    takes_commit = "commit" in verifier.facts_schema.get("properties", {})
    return reading.facts | ({"commit": subject.commit} if takes_commit and subject.commit else {})


def _details(scope: TokenScope, report: PushedReport) -> dict[str, Any]:
    return {"token": str(scope.token), "format": report.format, "report_sha256": report.sha256}
