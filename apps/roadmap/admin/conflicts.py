"""The page where people settle what both they and a document changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.urls.resolvers import URLPattern

from apps.audit.audited_admin import staff_user
from apps.common.exceptions import OperationError
from apps.common.numbers import read_numbers
from apps.common.wording import counted
from apps.roadmap.engines.comparing import Run, compare_words
from apps.roadmap.models import Conflict, Document
from apps.roadmap.services.conflicts import settle_conflict, takes_text, value_seen, value_words
from apps.roadmap.services.row_values import read_row

SETTLE_PERMISSION = "roadmap.change_conflict"


@dataclass(frozen=True)
class Side:
    """A conflict as the page shows it: both values, with the words in which they differ."""

    conflict: Conflict
    was: str
    ours: list[Run]
    theirs: list[Run]
    typed: str
    takes_text: bool
    seen: str


class ConflictPages(admin.ModelAdmin):
    """Adds the page of a document's conflicts to the documents."""

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.conflicts_view)
        return [path("<int:document_id>/conflicts/", page, name="roadmap_document_conflicts"), *super().get_urls()]

    def conflicts_view(self, request: HttpRequest, document_id: int) -> HttpResponse:
        """Every open conflict of a document; the choices are posted to it, all at once."""
        document = get_object_or_404(Document, pk=document_id)
        if not self.has_view_permission(request, document):
            raise PermissionDenied
        if request.method == "POST":
            return self._settle(request, document)
        still_open = document.conflicts.open().prefetch_related("entry")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Settle conflicts",
            "document": document,
            "sides": [_side(conflict) for conflict in still_open if conflict.entry is not None],
            "may_settle": request.user.has_perm(SETTLE_PERMISSION),
        }
        return TemplateResponse(request, "admin/roadmap/document/conflicts.html", context)

    def _settle(self, request: HttpRequest, document: Document) -> HttpResponse:
        if not request.user.has_perm(SETTLE_PERMISSION):
            raise PermissionDenied
        chosen = [name.removeprefix("choice-") for name in request.POST if name.startswith("choice-")]
        settled = 0
        for conflict in document.conflicts.filter(pk__in=read_numbers(chosen)).order_by("pk"):
            try:
                settle_conflict(conflict=conflict, actor=staff_user(request), **_answer(request.POST, conflict.pk))
                settled += 1
            except OperationError as error:
                self.message_user(request, error.message, messages.ERROR)
        if settled:
            self.message_user(request, f"Settled {counted(settled, 'conflict')}.", messages.SUCCESS)
        elif not chosen:
            self.message_user(request, "Choose a value first; nothing was changed.", messages.WARNING)
        return HttpResponseRedirect(reverse("admin:roadmap_document_conflicts", args=[document.pk]))


def _answer(posted: Mapping[str, str], key: int) -> dict[str, str]:
    return {name: posted.get(f"{name}-{key}", "") for name in ("choice", "value", "seen")}


def _side(conflict: Conflict) -> Side:
    entry: Any = conflict.entry
    name = conflict.field
    value = read_row(entry, name)
    ours, theirs = compare_words(value_words(name, value), value_words(name, conflict.theirs))
    return Side(
        conflict=conflict,
        was=value_words(name, conflict.base),
        ours=ours,
        theirs=theirs,
        typed=value if isinstance(value, str) else "",
        takes_text=takes_text(conflict),
        seen=value_seen(conflict),
    )
