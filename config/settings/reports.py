"""Error reports to Sentry, without secrets and without personal data."""

from typing import Any

import sentry_sdk
from sentry_sdk.integrations.argv import ArgvIntegration
from sentry_sdk.integrations.celery import CeleryIntegration
from sentry_sdk.integrations.django import DjangoIntegration
from sentry_sdk.scrubber import DEFAULT_DENYLIST, EventScrubber

from config.settings.logs import masked

_SECRET_NAMES = [
    "audit_key", "broker_url", "connection_string", "connection_url", "database_url", "dsn", "field_encryption_keys",
    "health_token", "otp", "passphrase", "pgpassword", "recovery_code", "redis_url", "secret_key", "totp",
]  # fmt: skip


def configure_reports(*, dsn: str, environment: str, release: str) -> None:
    """Report errors to the address, when there is one."""
    if not dsn:
        return
    sentry_sdk.init(
        dsn=dsn,
        environment=environment,
        release=release or None,
        integrations=[DjangoIntegration(), CeleryIntegration()],
        disabled_integrations=[ArgvIntegration()],  # a command's arguments may hold addresses
        send_default_pii=False,
        include_local_variables=False,  # they hold connection strings and passwords of databases
        max_request_body_size="never",
        # The scrubber extends the list it is given.
        event_scrubber=EventScrubber(denylist=[*DEFAULT_DENYLIST, *_SECRET_NAMES], recursive=True),
        before_send=_mask,
    )


def _mask(event: Any, hint: dict[str, Any]) -> Any:
    """The event as it may leave: the library's scrubber does not look into contexts and messages."""
    return masked(event)
