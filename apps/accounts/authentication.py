"""Signing programs in by token."""

from django.contrib.auth.models import AnonymousUser
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from apps.accounts.engines import digest_token
from apps.accounts.models import ApiToken, User
from apps.common.clock import now


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer sw_…` signs the token's owner in."""

    keyword = "Bearer"

    def authenticate(self, request: Request) -> tuple[User | AnonymousUser, ApiToken] | None:
        """The token's owner; None without a bearer token; AuthenticationFailed for a token that does not count."""
        parts = get_authorization_header(request).decode("latin-1").split()
        if not parts or parts[0].lower() != self.keyword.lower():
            return None
        if len(parts) != 2:
            raise AuthenticationFailed("Send the token as: Authorization: Bearer <token>.")
        valid = ApiToken.objects.valid(now()).select_related("user").filter(user__is_active=True)
        token = valid.filter(digest=digest_token(parts[1])).first()
        if token is None:
            raise AuthenticationFailed("The token is unknown, revoked or expired.")
        token.note_use(at=now())
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return self.keyword
