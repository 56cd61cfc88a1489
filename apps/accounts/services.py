"""Writing people and tokens."""

import secrets
from datetime import datetime

from django.db import transaction

from apps.accounts.engines import digest_token, make_token
from apps.accounts.models import ApiToken, User


@transaction.atomic
def issue_token(*, user: User, name: str, expires_at: datetime | None = None) -> tuple[ApiToken, str]:
    """Make a token for the user, and return it with its secret, which is not kept."""
    secret = make_token()
    token = ApiToken.objects.create(
        user=user, name=name, digest=digest_token(secret), hint=secret[:8], expires_at=expires_at
    )
    return token, secret


@transaction.atomic
def create_first_administrator(*, email: str) -> tuple[User, str] | None:
    """Create the first staff account with a random password. None when there is a staff account already."""
    if User.objects.select_for_update().filter(is_staff=True).exists():
        return None
    password = secrets.token_urlsafe(15)
    return User.objects.create_superuser(email, password), password
