"""Evidence from outside: who may push what, whose signatures count, and what was pushed."""

from typing import Self

from django.core.exceptions import ValidationError
from django.db import models

from apps.accounts.models import ApiToken
from apps.catalog.models import Environment, Service
from apps.catalog.selectors import find_environment
from apps.common.clock import now
from apps.evidence.engines.signatures import read_public_key
from apps.evidence.exceptions import EvidenceRefused, OutOfScope
from apps.evidence.models.observations import ObservationRecord


class SigningKey(models.Model):
    """The public half of a key that a build signs its statements with."""

    name = models.CharField(max_length=100, unique=True, help_text="Whose key it is, such as the release pipeline.")
    pem = models.TextField("public key", help_text="Ed25519 or ECDSA, as PEM: -----BEGIN PUBLIC KEY----- …")
    added_at = models.DateTimeField("added", default=now, editable=False)
    revoked_at = models.DateTimeField("revoked", null=True, blank=True, help_text="From then on it counts no more.")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        try:
            read_public_key(self.pem)
        except EvidenceRefused as error:
            raise ValidationError({"pem": error.message}) from error


class TokenScopeQuerySet(models.QuerySet["TokenScope"]):
    """Named filters of scopes."""

    def with_its_rows(self) -> Self:
        """With the token, its person, the service and the environment, in one query."""
        return self.select_related("token__user", "service", "environment__service")


class TokenScope(models.Model):
    """What a token may push evidence about. Such a token writes nothing else."""

    token = models.OneToOneField(ApiToken, models.CASCADE, related_name="evidence_scope")
    service = models.ForeignKey(Service, models.PROTECT, related_name="push_scopes")
    environment = models.ForeignKey(
        Environment, models.PROTECT, null=True, blank=True, help_text="Empty for every environment of the service."
    )
    verifier_keys = models.JSONField("verifiers", default=list, help_text="The evidence that the token may bring.")
    signing_keys = models.ManyToManyField(
        SigningKey, blank=True, help_text="With any chosen, only statements that one of them signed are taken."
    )

    objects = TokenScopeQuerySet.as_manager()

    class Meta:
        ordering = ["service", "pk"]
        verbose_name = "token for pushing evidence"
        verbose_name_plural = "tokens for pushing evidence"

    def __str__(self) -> str:
        return f"{self.token} for {self.environment or self.service}"

    def clean(self) -> None:
        if self.environment and self.environment.service_id != self.service_id:
            raise ValidationError({"environment": f"{self.environment} does not belong to the service."})

    def require(self, *, service: str, verifier_key: str) -> None:
        """Raise OutOfScope, which says what the token may push, unless it may push this about the service."""
        if service != self.service.slug:
            raise OutOfScope(f"This token pushes evidence about {self.service.slug}, not about {service[:50]}.")
        if verifier_key not in self.verifier_keys:
            allowed = ", ".join(self.verifier_keys) or "nothing"
            raise OutOfScope(f"This token pushes {allowed}, not {verifier_key[:100]}.")

    def find_environment(self, name: str) -> Environment:
        """The environment of that name, or the one meant without a name. Raises OutOfScope, UnknownEnvironment."""
        if self.environment and name in {"", self.environment.name}:
            return self.environment
        if self.environment:
            raise OutOfScope(f"This token pushes evidence about {self.environment}, not about {name[:50]}.")
        return find_environment(self.service, name)


class PushedReport(models.Model):
    """A report that was taken: what it said is the observation's facts, and of itself its digest is kept."""

    token = models.ForeignKey(ApiToken, models.PROTECT, related_name="pushed_reports")
    idempotency_key = models.CharField(max_length=200)
    request_digest = models.CharField(max_length=64, editable=False)
    record = models.ForeignKey(ObservationRecord, models.PROTECT, related_name="reports")
    format = models.CharField(max_length=20)
    sha256 = models.CharField("SHA-256 of the report", max_length=64)
    size_bytes = models.PositiveIntegerField("size")
    signing_key = models.ForeignKey(SigningKey, models.PROTECT, null=True, blank=True, related_name="reports")
    received_at = models.DateTimeField("received", default=now)

    class Meta:
        ordering = ["-received_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["token", "idempotency_key"], name="evidence_one_report_per_key"),
        ]

    def __str__(self) -> str:
        return f"{self.format} of {self.record}"
