"""Documents in the admin, exported as they came."""

from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Max, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.urls.resolvers import URLPattern

from apps.audit.audited_admin import AuditedAdmin
from apps.common.exceptions import OperationError
from apps.roadmap.admin.conflicts import ConflictPages
from apps.roadmap.admin.importing import ImportPages
from apps.roadmap.admin.review import ReviewPages
from apps.roadmap.models import Document, DocumentRevision
from apps.roadmap.services.exporting import export_document


class RevisionInline(admin.TabularInline):
    """The texts a document has had. History: nobody edits it."""

    model = DocumentRevision
    fields = ["imported_at", "imported_by", "digest", "encoding"]
    readonly_fields = ["imported_at", "imported_by", "digest", "encoding"]
    extra = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[DocumentRevision]:
        return super().get_queryset(request).defer("raw").select_related("imported_by")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="SHA-256")
    def digest(self, revision: DocumentRevision) -> str:
        return f"{revision.sha256[:16]}…"


@admin.register(Document)
class DocumentAdmin(ImportPages, ReviewPages, ConflictPages, AuditedAdmin):
    """Documents: imported after a look ahead, reviewed line by line, exported as they came."""

    list_display = ["__str__", "name", "service", "revision_count", "imported_at"]
    list_filter = ["service"]
    list_select_related = ["service"]
    search_fields = ["title", "name"]
    readonly_fields = ["service", "name", "title"]
    inlines = [RevisionInline]
    change_form_template = "admin/roadmap/document/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Document]:
        annotated = super().get_queryset(request)
        return annotated.annotate(revisions_all=Count("revisions"), newest_at=Max("revisions__imported_at"))

    def get_urls(self) -> list[URLPattern]:
        export = self.admin_site.admin_view(self.export_view)
        return [path("<int:document_id>/export/", export, name="roadmap_document_export"), *super().get_urls()]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # a document changes by importing its next text

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="revisions", ordering="revisions_all")
    def revision_count(self, document: Any) -> int:
        return document.revisions_all

    @admin.display(description="last imported", ordering="newest_at")
    def imported_at(self, document: Any) -> Any:
        return document.newest_at

    def export_view(self, request: HttpRequest, document_id: int) -> HttpResponse:
        """The document as a file: the imported bytes with what was changed since."""
        document = get_object_or_404(Document, pk=document_id)
        if not self.has_view_permission(request, document):
            raise PermissionDenied
        try:
            content = export_document(document)
        except OperationError as error:
            self.message_user(request, error.message, messages.ERROR)
            return HttpResponseRedirect(reverse("admin:roadmap_document_change", args=[document.pk]))
        response = HttpResponse(content, content_type="text/markdown")
        name = quote(PurePath(document.name).name)
        response["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
        return response
