"""The audit trail of sign-ins."""

from django.http import HttpRequest

from apps.accounts.models import User
from apps.audit import services as audit
from apps.common.client_address import client_address

UNKNOWN_ACCOUNT = "an unknown account"


def record_sign_in(*, request: HttpRequest, account: str, succeeded: bool) -> None:
    """Append who signed in, or failed to, from where. What is no account is not kept: it may be a password."""
    email = account.replace("\0", "").strip()  # the database takes no NUL, and no account has one
    user = User.objects.filter(email__iexact=email).first()
    audit.record(
        action="signin.succeeded" if succeeded else "signin.failed",
        subject=user or User(email=UNKNOWN_ACCOUNT),
        actor=user if succeeded else None,
        details={"address": str(client_address(request))},
    )
