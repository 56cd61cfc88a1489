"""Changing entries in the API, for whoever says which version they saw."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from rest_framework import mixins, viewsets
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.api import PreconditionRequired
from apps.roadmap.models import Entry, Precision
from apps.roadmap.selectors.listed import KeysInOrder
from apps.roadmap.selectors.worked import entries_with_names
from apps.roadmap.services.claims import set_claim
from apps.roadmap.services.tracking import change_entry

_PAGE = {"limit", "offset"}
NEVER = -1  # a version that no entry has
_TAG = re.compile(r'(?:W/)?"(?P<name>[a-z]+:\d+):(?P<version>\d{1,18}):(?P<claim>[a-z_]*)"')


@dataclass(frozen=True)
class Seen:
    """What the caller says that they saw: a version, a claim, or both."""

    version: int | None = None
    claim: str | None = None


class ChangeableViewSet(mixins.RetrieveModelMixin, mixins.ListModelMixin, viewsets.GenericViewSet):
    """Reads entries, and changes them for whoever says what they saw."""

    @property
    def is_filtered(self) -> bool:
        """Whether the address names a filter. Setting up their form costs a third of an entry's answer."""
        return not self.request.query_params.keys() <= _PAGE

    def filter_queryset(self, queryset: Any) -> Any:
        return super().filter_queryset(queryset) if self.is_filtered else queryset

    def paginate_queryset(self, queryset: Any) -> Any:
        # Keys are found by counting off an index; with the rows, all that stand before the page would be read too.
        keys: Any = queryset.values_list("pk", flat=True) if self.is_filtered else KeysInOrder(queryset.model)
        return self.rows_to_say(super().paginate_queryset(keys) or [])

    def rows_to_say(self, keys: Sequence[int]) -> list[Any]:
        """The entries of these keys, with all that is said of them."""
        return entries_with_names(self.get_queryset().model, keys)

    def retrieve(self, request: Request, *arguments: Any, **options: Any) -> Response:
        return self._answer(self.get_object())

    def partial_update(self, request: Request, pk: str | None = None) -> Response:
        """Give it other values, if it still is as you saw it."""
        entry = self.get_object()
        change = self.get_serializer(entry, data=request.data, partial=True)
        change.is_valid(raise_exception=True)
        values = dict(change.validated_data)
        seen = self._seen(entry, values)
        if not values:
            raise ValidationError({"body": ["Name at least one value to change."]})
        self._change(entry, values, seen)
        return self._answer(entry)

    @transaction.atomic
    def _change(self, entry: Any, values: dict[str, Any], seen: Seen) -> None:
        claim = values.pop("claim", None)
        if (values or seen.claim is None) and seen.version is None:
            raise PreconditionRequired
        if seen.version is not None:
            change_entry(entry=entry, values=_complete(values), seen=seen.version, actor=self.request.user)
        if claim is not None:
            entry.refresh_from_db(fields=["claim"])
            expected = entry.claim if seen.claim is None else seen.claim
            set_claim(entry=entry, claim=claim, expected=expected, actor=self.request.user)

    def _seen(self, entry: Entry, values: dict[str, Any]) -> Seen:
        claim, version = values.pop("expected", None), values.pop("version", None)
        tag = self.request.headers.get("If-Match")
        if tag is None or claim is not None or version is not None:
            return Seen(version, claim)
        found = _TAG.fullmatch(tag)
        is_of_entry = found is not None and found["name"] == _name(entry)
        return Seen(int(found["version"]), found["claim"] or None) if found and is_of_entry else Seen(NEVER)

    def _answer(self, entry: Entry) -> Response:
        rows = self.rows_to_say([entry.pk])
        if not rows:
            raise NotFound  # somebody deleted it meanwhile
        said = self.get_serializer(rows[0]).data
        tag = f'"{_name(entry)}:{said["version"] or 0}:{said.get("claim", "")}"'
        return Response(said, headers={"ETag": tag})


def _name(entry: Entry) -> str:
    return f"{entry._meta.model_name}:{entry.pk}"


def _complete(values: dict[str, Any]) -> dict[str, Any]:
    """A target day that comes alone is a day, not the end of the period that was said before."""
    if "target_on" not in values or "target_starts_on" in values:
        return values
    day = values["target_on"]
    return {"target_precision": Precision.DAY, **values, "target_starts_on": day}
