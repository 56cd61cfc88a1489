"""What a token for pushing evidence may do besides."""

from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from apps.accounts.authentication import TokenAuthentication
from apps.accounts.models import ApiToken
from apps.evidence.models import TokenScope


class BoundedTokenAuthentication(TokenAuthentication):
    """Sign-in by token. A token made for pushing evidence only reads, but for views that say `takes_evidence`."""

    def authenticate(self, request: Request) -> tuple[object, ApiToken] | None:  # type: ignore[override]
        found = super().authenticate(request)
        takes_evidence = getattr(request.parser_context.get("view"), "takes_evidence", False)
        is_writing = request.method not in SAFE_METHODS and not takes_evidence
        if found and is_writing and TokenScope.objects.filter(token=found[1]).exists():
            raise PermissionDenied("This token was made for pushing evidence: beside that it only reads.")
        return found
