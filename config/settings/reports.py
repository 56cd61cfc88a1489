"""Error reports to Sentry, without secrets and without personal data."""

from typing import Any

import sentry_sdk
from sentry_sdk.integrations.celery import CeleryIntegration
from sentry_sdk.integrations.django import DjangoIntegration
from sentry_sdk.scrubber import DEFAULT_DENYLIST, EventScrubber

from config.settings.logs import hide_passwords

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
        send_default_pii=False,
        include_local_variables=False,  # they hold connection strings and passwords of databases
        max_request_body_size="never",
        # The scrubber extends the list it is given.
        event_scrubber=EventScrubber(denylist=[*DEFAULT_DENYLIST, *_SECRET_NAMES], recursive=True),
        before_send=_hide_passwords,
    )


def _hide_passwords(event: Any, hint: dict[str, Any]) -> Any:
    """The event, with the passwords inside addresses hidden wherever they stand."""
    return _hide(event)


def _hide(value: Any) -> Any:
    if isinstance(value, str):
        return hide_passwords(value)
    if isinstance(value, dict):
        return {name: _hide(part) for name, part in value.items()}
    return [_hide(part) for part in value] if isinstance(value, list) else value
