"""Documents in the admin: imported with a look ahead, exported as they came."""

import secrets
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from django import forms
from django.contrib import admin, messages
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Count, Max, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.urls.resolvers import URLPattern

from apps.audit.audited_admin import AuditedAdmin, staff_user
from apps.catalog.models import Service
from apps.common.exceptions import OperationError
from apps.roadmap.engines.source import Limits
from apps.roadmap.models import Document, DocumentRevision
from apps.roadmap.services.exporting import export_document
from apps.roadmap.services.importing import ImportReport, import_document

SECONDS_TO_DECIDE = 30 * 60
COUNTS = (
    ("milestones", "Milestones"),
    ("work_items", "Work items"),
    ("criteria", "Criteria"),
    ("risks", "Risks"),
    ("owners", "Owners"),
    ("target_dates", "Target dates"),
    ("cost_lines", "Cost lines"),
    ("prose_lines", "Lines that stay prose"),
)


class ImportForm(forms.Form):
    """A Markdown file, and the service it is about."""

    service = forms.ModelChoiceField(Service.objects.all())
    file = forms.FileField(label="Markdown file", widget=forms.FileInput(attrs={"accept": ".md,.markdown,.txt"}))

    def clean_file(self) -> UploadedFile:
        """Refuse what is too large before it is read."""
        file: UploadedFile = self.cleaned_data["file"]
        limit = Limits().size_bytes
        if (file.size or 0) > limit:
            raise forms.ValidationError(f"The file is larger than {limit // 1024 // 1024} MB: split it.")
        return file


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
class DocumentAdmin(AuditedAdmin):
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

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Import a file: first a look at what it would change, then the import itself."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if "confirm" in request.POST:
            return self._import(request, request.POST["confirm"])
        form = ImportForm(request.POST or None, request.FILES or None, initial=request.GET.dict())
        report, token = self._look_ahead(request, form) if form.is_valid() else (None, "")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Import a roadmap",
            "form": form,
            "report": report,
            "token": token,
            "counts": [(words, report.counts[name]) for name, words in COUNTS] if report else [],
        }
        return TemplateResponse(request, "admin/roadmap/document/import.html", context)

    def _look_ahead(self, request: HttpRequest, form: ImportForm) -> tuple[ImportReport | None, str]:
        file, service = form.cleaned_data["file"], form.cleaned_data["service"]
        raw = file.read()
        try:
            report = import_document(service=service, name=file.name, raw=raw, dry_run=True)
        except OperationError as error:
            form.add_error("file", error.message)
            return None, ""
        token = secrets.token_urlsafe(16)
        cache.set(_key(request, token), (service.pk, file.name, raw), SECONDS_TO_DECIDE)
        return report, token

    def _import(self, request: HttpRequest, token: str) -> HttpResponse:
        waiting = cache.get(_key(request, token))
        if waiting is None:
            self.message_user(request, "The file has waited too long: choose it again.", messages.WARNING)
            return HttpResponseRedirect(reverse("admin:roadmap_document_add"))
        service_id, name, raw = waiting
        try:
            service = Service.objects.get(pk=service_id)
            report = import_document(service=service, name=name, raw=raw, actor=staff_user(request))
        except (OperationError, Service.DoesNotExist) as error:
            self.message_user(request, getattr(error, "message", "The service is gone."), messages.ERROR)
            return HttpResponseRedirect(reverse("admin:roadmap_document_add"))
        cache.delete(_key(request, token))
        changes = report.changes
        words = f"{changes.created} new, {changes.updated} updated, {changes.vanished} vanished"
        self.message_user(request, f"Imported {name}: {words}.", messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:roadmap_document_changelist"))


def _key(request: HttpRequest, token: str) -> str:
    """Whoever looked ahead imports; nobody else can with the same token."""
    return f"roadmap-import-{request.user.pk}-{token}"
