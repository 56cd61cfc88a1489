"""Lists that are kept while a fresh one would say the same."""

from collections.abc import Hashable
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IS_POPUP_VAR
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from apps.common.clock import now
from apps.common.kept_answers import kept
from apps.common.when_shown import KeptText, kept_text, of_nobody
from apps.roadmap.admin.filters import ResponsibleFilter
from apps.roadmap.admin.plain_lists import EDIT


class KeptList(admin.ModelAdmin):
    """Shows the list that was made before, where it is only read and nothing that it shows was written since."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        def make() -> KeptText | None:
            return _text_of(super(KeptList, self).changelist_view(request, extra_context), request)

        page = kept(_name(request), make) if self._may_be_kept(request) else None
        return HttpResponse(page.shown(request)) if page else super().changelist_view(request, extra_context)

    def _may_be_kept(self, request: HttpRequest) -> bool:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        return request.method == "GET" and not {EDIT, IS_POPUP_VAR} & request.GET.keys()


def _text_of(response: HttpResponse, request: HttpRequest) -> KeptText | None:
    if not isinstance(response, TemplateResponse):
        return None  # it leads elsewhere: the address asks for what the list has not
    template, context = response.resolve_template(response.template_name), response.context_data or {}

    def render() -> str:
        return template.render(of_nobody(context, request), request)

    return kept_text(render)


def _name(request: HttpRequest) -> Hashable:
    """Everything that a list depends on, apart from what the database holds."""
    person = request.user.pk if ResponsibleFilter.parameter_name in request.GET else None
    allowed = request.user.is_superuser, frozenset(request.user.get_all_permissions())
    return request.get_full_path(), allowed, person, now().date()
