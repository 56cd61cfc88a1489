"""Lists that are kept while a fresh one would say the same."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models.options import Options
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString, mark_safe

from apps.common.clock import now
from apps.common.kept_answers import kept
from apps.roadmap.admin.filters import ResponsibleFilter
from apps.roadmap.admin.plain_lists import EDIT

_SAVED_VIEWS = "<!-- saved views -->"


@dataclass(frozen=True)
class ListPart:
    """What everybody who may do the same sees of a list, and what the saved views of each person ask of it."""

    opts: Options
    filter_params: Mapping[str, Any]
    query: str
    has_active_filters: bool
    media: Mapping[str, SafeString]
    above: SafeString
    below: SafeString

    get_query_string = ChangeList.get_query_string


class KeptList(admin.ModelAdmin):
    """Shows the list that was made before, where it is only read and nothing that it shows was written since."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        part = kept(_name(request), lambda: self._make_part(request)) if self._may_be_kept(request) else None
        if part is None:
            return super().changelist_view(request, extra_context)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "media": part.media,
            "action_form": True,  # its script
            "actions_on_top": True,
            "part": part,
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/roadmap/entry/kept_list.html", context)

    def _may_be_kept(self, request: HttpRequest) -> bool:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        return request.method == "GET" and not {EDIT, IS_POPUP_VAR} & request.GET.keys()

    def _make_part(self, request: HttpRequest) -> ListPart | None:
        response = super().changelist_view(request)
        if not isinstance(response, TemplateResponse) or response.context_data is None:
            return None  # it leads elsewhere: the address asks for what the list has not
        unshared = {"csrf_token": "NOTPROVIDED", "saved_views": mark_safe(_SAVED_VIEWS)}  # noqa: S308  a constant
        shown = render_to_string("admin/roadmap/entry/_list.html", {**response.context_data, **unshared}, request)
        above, _, below = shown.partition(_SAVED_VIEWS)
        cl = response.context_data["cl"]
        media = {kind: SafeString(self.media[kind]) for kind in ("css", "js")}
        return ListPart(
            cl.opts, cl.filter_params, cl.query, cl.has_active_filters, media, SafeString(above), SafeString(below)
        )


def _name(request: HttpRequest) -> Hashable:
    """Everything that a list depends on, apart from what the database holds."""
    person = request.user.pk if ResponsibleFilter.parameter_name in request.GET else None
    allowed = request.user.is_superuser, frozenset(request.user.get_all_permissions())
    return request.get_full_path(), allowed, person, now().date()
