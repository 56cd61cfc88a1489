"""The pages that give a document back: what an export would write, the file, and a patch."""

from collections.abc import Callable
from pathlib import PurePath
from urllib.parse import quote

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.urls.resolvers import URLPattern

from apps.common.exceptions import OperationError
from apps.roadmap.models import Document
from apps.roadmap.services.exporting import ExportPlan, plan_export

Answer = Callable[[HttpRequest, Document, ExportPlan], HttpResponse]
KINDS = {"+": "added", "-": "removed"}
HEADER_LINES = 2


class WriteBackPages(admin.ModelAdmin):
    """Adds what an export writes to the documents."""

    def get_urls(self) -> list[URLPattern]:
        def page(address: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            return path(f"<int:document_id>/{address}/", self.admin_site.admin_view(view), name=name)

        return [
            page("write-back", self.write_back_view, "roadmap_document_write_back"),
            page("export", self.export_view, "roadmap_document_export"),
            page("patch", self.patch_view, "roadmap_document_patch"),
            *super().get_urls(),
        ]

    def write_back_view(self, request: HttpRequest, document_id: int) -> HttpResponse:
        """What an export would change, and what it cannot write."""
        return self._answer(request, document_id, self._show)

    def export_view(self, request: HttpRequest, document_id: int) -> HttpResponse:
        """The document as a file: the imported bytes with what was changed since."""
        return self._answer(request, document_id, lambda request, document, plan: _download(document, plan.content))

    def patch_view(self, request: HttpRequest, document_id: int) -> HttpResponse:
        """What was changed since the import, as a patch."""
        return self._answer(request, document_id, lambda request, document, plan: _download_patch(document, plan))

    def _answer(
        self,
        request: HttpRequest,
        document_id: int,
        answer: Callable[[HttpRequest, Document, ExportPlan], HttpResponse],
    ) -> HttpResponse:
        document = get_object_or_404(Document, pk=document_id)
        if not self.has_view_permission(request, document):
            raise PermissionDenied
        try:
            return answer(request, document, plan_export(document))
        except OperationError as error:
            self.message_user(request, error.message, messages.ERROR)
            return HttpResponseRedirect(reverse("admin:roadmap_document_change", args=[document.pk]))

    def _show(self, request: HttpRequest, document: Document, plan: ExportPlan) -> HttpResponse:
        # As git counts lines: other characters that end one stay within it.
        lines = plan.patch.decode(errors="replace").rstrip("\n").split("\n")[HEADER_LINES:]
        marked = [(KINDS.get(line[:1], "same"), line) for line in lines]
        kinds = [kind for kind, _ in marked]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Write back",
            "document": document,
            "path": plan.path,
            "lines": marked,
            "added": kinds.count("added"),
            "removed": kinds.count("removed"),
            "left_out": plan.left_out,
        }
        return TemplateResponse(request, "admin/roadmap/document/write_back.html", context)


def _download(document: Document, content: bytes, suffix: str = "", kind: str = "text/markdown") -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    name = quote(PurePath(document.name).name + suffix)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    return response


def _download_patch(document: Document, plan: ExportPlan) -> HttpResponse:
    return _download(document, plan.patch, ".patch", "text/x-diff")
