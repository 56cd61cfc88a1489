"""The lists of the admin, and by what they can be filtered."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.exceptions import NotRegistered
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import SuspiciousOperation, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.urls import reverse

from apps.accounts.models import User
from apps.common.columns import columns_of
from apps.dashboards.exceptions import ViewRefused
from apps.dashboards.models import SavedView

LONGEST_QUERY = 2000
_ABOVE = f"""
SELECT {columns_of(SavedView, "view")}, coalesce(nullif(owner.full_name, ''), owner.email) AS owner_name
FROM dashboards_savedview AS view JOIN accounts_user AS owner ON owner.id = view.owner_id
WHERE view.list = %s AND (view.owner_id = %s OR view.is_shared) ORDER BY view.name, view.id
"""  # noqa: S608  the names of columns
_OF_THE_MOMENT = {
    "p",
    "e",
    "all",
    "_popup",
    "_to_field",
    "_facets",
    "_changelist_filters",
}  # which page, not which rows


def checked_query(*, of: str, query: str, person: User) -> str:
    """The filters, search and order of a list, if the list takes them from the person. Raises ViewRefused."""
    filtered = _without_the_moment(query)
    _changelist(of, filtered, person)
    return filtered.urlencode()


def list_rows(*, of: str, query: str, person: User) -> QuerySet[Any]:
    """The rows on all pages of a list, as the person sees it under the query. Raises ViewRefused."""
    return _changelist(of, _without_the_moment(query), person).queryset


def views_above(of: str, person: User) -> list[tuple[SavedView, str]]:
    """The views of a list that the person may see, each with its owner's name. Each list asks, so in plain SQL."""
    found = SavedView.objects.raw(_ABOVE, [of, person.pk])
    return [(view, view.owner_name) for view in found]  # type: ignore[attr-defined]


def list_address(view: SavedView) -> str:
    """Where a saved view leads."""
    address = reverse(f"admin:{view.list.replace('.', '_')}_changelist")
    return f"{address}?{view.query}" if view.query else address


def _changelist(of: str, query: QueryDict, person: User) -> ChangeList:
    model_admin = _list_admin(of)
    request = HttpRequest()
    request.method, request.user, request.path = "GET", person, ""
    request.GET = query  # type: ignore[assignment]
    if not model_admin.has_view_permission(request):
        raise ViewRefused(f"list: you may not see {of}.")
    try:
        return model_admin.get_changelist_instance(request)
    except (IncorrectLookupParameters, SuspiciousOperation, ValidationError, ValueError) as error:
        raise ViewRefused(f"query: the list {of} cannot be filtered like that.") from error


def _without_the_moment(query: str) -> QueryDict:
    if len(query) > LONGEST_QUERY:
        raise ViewRefused(f"query: {len(query)} characters are too many; {LONGEST_QUERY} fit.")
    if "\x00" in query or "%00" in query:
        raise ViewRefused("query: it holds a NUL character.")
    parsed = QueryDict(query.removeprefix("?"), mutable=True)
    for name in _OF_THE_MOMENT & parsed.keys():
        del parsed[name]
    return parsed


def _list_admin(of: str) -> admin.ModelAdmin:
    try:
        return admin.site.get_model_admin(apps.get_model(of))
    except (LookupError, ValueError, NotRegistered) as error:
        raise ViewRefused(f"list: there is no list {of!r}.") from error
