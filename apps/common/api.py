"""What every part of the API shares: how pages are cut, how refusals are said."""

import json
import re
from datetime import timedelta
from typing import Any, cast

from rest_framework import exceptions, serializers, status
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.parsers import JSONParser
from rest_framework.response import Response
from rest_framework.views import exception_handler

from apps.common.exceptions import Kind, OperationError

_STATUS = {
    Kind.CONFLICT: status.HTTP_409_CONFLICT,
    Kind.FORBIDDEN: status.HTTP_403_FORBIDDEN,
    Kind.INVALID: status.HTTP_400_BAD_REQUEST,
    Kind.UNKNOWN: status.HTTP_404_NOT_FOUND,
}


class Pages(LimitOffsetPagination):
    """Fifty rows unless asked otherwise, and never more than five hundred."""

    default_limit = 50
    max_limit = 500


class BoundedJSONParser(JSONParser):
    """JSON that Python cannot read, or cannot write again, is the asker's mistake like any other malformed text."""

    def parse(self, *arguments: Any, **options: Any) -> Any:
        try:
            value = super().parse(*arguments, **options)
            json.dumps(value, ensure_ascii=False).encode()
        except RecursionError as error:
            raise exceptions.ParseError("JSON parse error - nested too deeply") from error
        except UnicodeEncodeError as error:
            raise exceptions.ParseError("JSON parse error - half of a character, such as \\ud800") from error
        return value


class Seconds(serializers.FloatField):
    """A length of time, as a number of seconds. Only to be read."""

    def __init__(self, **options: Any) -> None:
        super().__init__(read_only=True, **options)

    def to_representation(self, value: Any) -> float:  # type: ignore[override]
        return cast(timedelta, value).total_seconds()


class PreconditionRequired(exceptions.APIException):
    """The caller has to say what it saw before it may change something."""

    status_code = status.HTTP_428_PRECONDITION_REQUIRED
    default_code = "precondition_required"
    default_detail = "Say what you saw: send the expected value, or the ETag in If-Match."


def say_refusal(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every refusal as `{"detail", "code"}`, with `fields` where fields are wrong."""
    if isinstance(error, OperationError):
        return Response({"detail": error.message, "code": code_of(error)}, status=_STATUS[error.kind])
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, exceptions.ValidationError) and isinstance(response.data, dict):
        fields = {name: _plain(problems) for name, problems in response.data.items()}
        said = " ".join(f"{name}: {problem}" for name, problem in fields.items())
        response.data = {"detail": said, "code": "invalid", "fields": fields}
    elif isinstance(response.data, dict):
        code = getattr(response.data.get("detail"), "code", None) or "refused"
        response.data = {"detail": str(response.data.get("detail", "")), "code": code}
    return response


def code_of(error: OperationError) -> str:
    """The error's name as programs read it: ClaimChanged is `claim_changed`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__).lower()


def _plain(problems: Any) -> str:
    return " ".join(str(problem) for problem in problems) if isinstance(problems, list) else str(problems)
