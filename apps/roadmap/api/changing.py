"""Changing entries in the API, for whoever says which version they saw."""

import re
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from rest_framework import mixins, viewsets
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.api import PreconditionRequired
from apps.roadmap.models import Entry, Precision
from apps.roadmap.selectors.listed import rows_of_page, with_listed
from apps.roadmap.selectors.versions import newest_version, with_versions
from apps.roadmap.services.claims import set_claim
from apps.roadmap.services.tracking import change_entry

_PAGE = {"limit", "offset"}
NEVER = -1  # a version that no entry has
_TAG = re.compile(r'(?:W/)?"(?P<name>[a-z]+:\d+):(?P<version>\d{1,18}):(?P<claim>[a-z_]*)"')


def worked(model: type[Any], owner: str) -> Any:
    """The entries that the API lists, with their people and versions, in a number of queries that does not grow."""
    entries = with_versions(model.objects.current().in_order().select_related("service"))
    with_owner = entries.select_related(owner) if owner == "owner" else entries.prefetch_related(owner)
    return with_owner.prefetch_related("assignees", "labels")


@dataclass(frozen=True)
class Seen:
    """What the caller says that they saw: a version, a claim, or both."""

    version: int | None = None
    claim: str | None = None


class ChangeableViewSet(mixins.RetrieveModelMixin, mixins.ListModelMixin, viewsets.GenericViewSet):
    """Reads entries, and changes them for whoever says what they saw."""

    listed: tuple[str, ...] = ("assignees", "labels")  # the relations that the serializer says names of

    def filter_queryset(self, queryset: Any) -> Any:
        """The chosen rows; the form of the filters is not set up where the address names none."""
        is_filtered = self.request.query_params.keys() - _PAGE
        return super().filter_queryset(queryset) if is_filtered or self.action != "list" else queryset

    def paginate_queryset(self, queryset: Any) -> Any:
        keys = super().paginate_queryset(queryset.values_list("pk", flat=True))
        return rows_of_page(keys or [], self.rows_to_list())

    def rows_to_list(self) -> Any:
        """What is read of each row of a page."""
        rows = self.get_queryset().prefetch_related(None).defer("spans", "imported")  # large, and not in the answer
        return with_listed(rows, *self.listed)

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
        return self._answer(self.get_object())

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

    def _answer(self, entry: Any) -> Response:
        response = Response(self.get_serializer(entry).data)
        response.headers["ETag"] = f'"{_name(entry)}:{newest_version(entry)}:{getattr(entry, "claim", "")}"'
        return response


def _name(entry: Entry) -> str:
    return f"{entry._meta.model_name}:{entry.pk}"


def _complete(values: dict[str, Any]) -> dict[str, Any]:
    """A target day that comes alone is a day, not the end of the period that was said before."""
    if "target_on" not in values or "target_starts_on" in values:
        return values
    day = values["target_on"]
    return {"target_precision": Precision.DAY, **values, "target_starts_on": day}
