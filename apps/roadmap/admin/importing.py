"""The pages of an import: choose a text, see what it would change, import it."""

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from django.utils.html import format_html

from apps.audit.audited_admin import staff_user
from apps.catalog.models import Service
from apps.common.clock import now
from apps.common.exceptions import OperationError
from apps.roadmap.engines.source import Limits
from apps.roadmap.models import ImportDraft
from apps.roadmap.services.drafts import Preview, import_draft, keep_draft, look_ahead
from apps.roadmap.services.importing import Origin
from apps.roadmap.services.server_files import may_read_files, read_file

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
    """A Markdown file, uploaded or in the server's folder, and the service it is about."""

    service = forms.ModelChoiceField(Service.objects.all())
    file = forms.FileField(
        label="Markdown file", required=False, widget=forms.FileInput(attrs={"accept": ".md,.markdown,.txt"})
    )
    path = forms.CharField(
        label="Or a path in the server's folder of roadmaps", max_length=1000, required=False, widget=forms.TextInput
    )
    revision = forms.CharField(
        label="At a revision of its git repository",
        max_length=200,
        required=False,
        help_text="A branch, a tag or a commit; empty for the file as it lies there.",
    )

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if not may_read_files():
            del self.fields["path"], self.fields["revision"]
            self.fields["file"].required = True

    def clean_file(self) -> UploadedFile | None:
        """Refuse what is too large before it is read."""
        file: UploadedFile | None = self.cleaned_data["file"]
        limit = Limits().size_bytes
        if file and (file.size or 0) > limit:
            raise forms.ValidationError(f"The file is larger than {limit // 1024 // 1024} MB: split it.")
        return file

    def clean(self) -> dict[str, Any]:
        """One source, no more."""
        data = super().clean() or self.cleaned_data
        if not self.errors and bool(data.get("file")) == bool(data.get("path")):
            raise forms.ValidationError("Choose a file, or name a path: one of the two.")
        return data


class ImportPages(admin.ModelAdmin):
    """Adds the pages of an import to the documents."""

    def get_urls(self) -> list[URLPattern]:
        preview = self.admin_site.admin_view(self.preview_view)
        return [path("import/<int:draft_id>/", preview, name="roadmap_document_import"), *super().get_urls()]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Choose a text. It is read, and what it would change is shown on a page of its own."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ImportForm(request.POST or None, request.FILES or None, initial=request.GET.dict())
        if form.is_valid():
            draft = self._draft(request, form)
            if draft:
                return HttpResponseRedirect(reverse("admin:roadmap_document_import", args=[draft.pk]))
        return self._page(request, "choose.html", {"form": form})

    def preview_view(self, request: HttpRequest, draft_id: int) -> HttpResponse:
        """What a text would change; posting to it imports."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return self._import(request, draft_id)
        drafts = ImportDraft.objects.select_related("service")
        draft = drafts.filter(pk=draft_id, created_by=staff_user(request)).first()
        if draft is None or draft.has_waited_too_long(now()):
            raise Http404
        return self._page(request, "preview.html", {"draft": draft, **_said(look_ahead(draft=draft))})

    def _draft(self, request: HttpRequest, form: ImportForm) -> ImportDraft | None:
        """The text that was chosen; None where it cannot be read, and the form says why."""
        chosen = form.cleaned_data
        field = "file" if chosen["file"] else "path"
        try:
            name = chosen["file"].name if chosen["file"] else PurePath(chosen["path"]).as_posix()
            raw, origin = _read(chosen)
            return keep_draft(service=chosen["service"], name=name, raw=raw, origin=origin, actor=staff_user(request))
        except OperationError as error:
            form.add_error(field, error.message)
            return None

    def _import(self, request: HttpRequest, draft_id: int) -> HttpResponse:
        try:
            report = import_draft(draft_id=draft_id, actor=staff_user(request))
        except OperationError as error:
            self.message_user(request, error.message, messages.ERROR)
            return HttpResponseRedirect(reverse("admin:roadmap_document_add"))
        changes = report.changes
        words = f"{changes.created} new, {changes.updated} updated, {changes.vanished} vanished"
        self.message_user(request, f"Imported {report.name}: {words}.", messages.SUCCESS)
        document_id = getattr(report.document, "pk", None)
        if changes.conflicts:
            conflicts = reverse("admin:roadmap_document_conflicts", args=[document_id])
            words = '{} changed both here and there: <a href="{}">settle them</a>.'
            settle = format_html(words, changes.conflicts, conflicts)
            self.message_user(request, settle, messages.WARNING)
        return HttpResponseRedirect(reverse("admin:roadmap_document_review", args=[document_id]))

    def _page(self, request: HttpRequest, template: str, context: Mapping[str, Any]) -> HttpResponse:
        base = {**self.admin_site.each_context(request), "opts": self.opts, "title": "Import a roadmap"}
        return TemplateResponse(request, f"admin/roadmap/document/{template}", {**base, **context})


def _read(chosen: Mapping[str, Any]) -> tuple[bytes, Origin]:
    if chosen["file"]:
        return chosen["file"].read(), Origin()
    return read_file(chosen["path"], chosen["revision"].strip())


def _said(preview: Preview) -> dict[str, Any]:
    lists = (
        ("New", preview.created, preview.report.changes.created),
        ("Updated", preview.updated, preview.report.changes.updated),
        ("Changed both here and there", preview.conflicts, preview.report.changes.conflicts),
        ("Vanished, kept aside with their evidence", preview.vanished, preview.report.changes.vanished),
    )
    return {
        "preview": preview,
        "report": preview.report,
        "lists": [(title, named, total) for title, named, total in lists if total],
        "counts": [(words, preview.report.counts[name]) for name, words in COUNTS],
    }
