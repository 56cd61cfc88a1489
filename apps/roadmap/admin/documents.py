"""Documents in the admin, exported as they came."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Max, QuerySet
from django.http import HttpRequest

from apps.audit.audited_admin import AuditedAdmin
from apps.roadmap.admin.conflicts import ConflictPages
from apps.roadmap.admin.importing import ImportPages
from apps.roadmap.admin.review import ReviewPages
from apps.roadmap.admin.write_back import WriteBackPages
from apps.roadmap.models import Document, DocumentRevision


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
class DocumentAdmin(ImportPages, ReviewPages, ConflictPages, WriteBackPages, AuditedAdmin):
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
