"""The pages of a review: what each line of a document became, and what a person says it is instead."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.urls.resolvers import URLPattern

from apps.audit.audited_admin import staff_user
from apps.common.exceptions import OperationError
from apps.common.numbers import read_number
from apps.common.wording import counted
from apps.roadmap.admin.review_forms import LineForm, LinesForm, chosen_lines, values_of
from apps.roadmap.engines.corrections import Becomes
from apps.roadmap.models import Document, DocumentRevision
from apps.roadmap.selectors.readings import ReviewLine, Show, review_lines
from apps.roadmap.selectors.review import review
from apps.roadmap.services.corrections import correct_lines, undo_correction

AROUND = 3  # lines of context above and below the one that is corrected


class ReviewPages(admin.ModelAdmin):
    """Adds the pages of a review to the documents."""

    def get_urls(self) -> list[URLPattern]:
        def page(address: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            return path(f"<int:document_id>/review/{address}", self.admin_site.admin_view(view), name=name)

        return [
            page("", self.review_view, "roadmap_document_review"),
            page("undo/", self.undo_view, "roadmap_correction_undo"),
            page("<int:line>/", self.line_view, "roadmap_document_line"),
            *super().get_urls(),
        ]

    def review_view(self, request: HttpRequest, document_id: int) -> HttpResponse:
        """The lines of the newest text, page by page; what is posted to it corrects several."""
        document, revision = self._newest(request, document_id)
        if request.method == "POST":
            return self._correct_several(request, document)
        show = request.GET.get("show", "")
        found = review(
            revision,
            show=show if show in Show.values else "",
            page=read_number(request.GET.get("page")) or 1,
            line=read_number(request.GET.get("at")),
        )
        filters = [(each.value, each.label, found.counts[each.value]) for each in Show]
        context = {"review": found, "show": show, "filters": filters, "becomes": Becomes.choices}
        return self._render(request, document, "review.html", context)

    def line_view(self, request: HttpRequest, document_id: int, line: int) -> HttpResponse:
        """One line, and the form that says what it is."""
        document, revision = self._newest(request, document_id)
        if request.method == "POST":
            self._demand(request)
        lines = review_lines(revision)
        if not 1 <= line <= len(lines) or not lines[line - 1].can_be_corrected:
            raise Http404
        found = lines[line - 1]
        form = LineForm(request.POST or None, initial=values_of(found))
        if request.method == "POST" and form.is_valid() and self._correct_one(request, revision, found, form):
            return HttpResponseRedirect(_place(document, line))
        context = {
            "line": found,
            "form": form,
            "revision": revision,
            "around": lines[max(line - 1 - AROUND, 0) : line + AROUND],
            "may_correct": self._may_correct(request),
        }
        return self._render(request, document, "line.html", context)

    def undo_view(self, request: HttpRequest, document_id: int) -> HttpResponse:
        """Undo the correction that is posted to it."""
        document, _ = self._newest(request, document_id)
        if request.method != "POST":
            return HttpResponseRedirect(_place(document))
        self._demand(request)
        correction = get_object_or_404(document.corrections, pk=read_number(request.POST.get("correction")))
        self._say(request, lambda: undo_correction(correction=correction, actor=staff_user(request)), "Undone.")
        return HttpResponseRedirect(_place(document, correction.line))

    def _correct_several(self, request: HttpRequest, document: Document) -> HttpResponse:
        self._demand(request)
        form = LinesForm(chosen_lines(request))
        if not form.is_valid():
            words = " ".join(str(each) for errors in form.errors.values() for each in errors)
            self.message_user(request, words, messages.ERROR)
            return HttpResponseRedirect(_place(document))
        said = form.cleaned_data
        revision = get_object_or_404(document.revisions, pk=said["revision"])
        chosen = {"revision": revision, "lines": said["line"], "becomes": said["becomes"]}
        words = f"{counted(len(said['line']), 'line')} corrected: {Becomes(said['becomes']).label.lower()}."
        self._say(request, lambda: correct_lines(**chosen, actor=staff_user(request)), words)
        return HttpResponseRedirect(_place(document, min(said["line"])))

    def _correct_one(self, request: HttpRequest, revision: DocumentRevision, line: ReviewLine, form: LineForm) -> bool:
        """Whether the line is now what the form says; else the form says why not."""
        said = form.cleaned_data
        values = {name: said[name] for name in form.changed_data if name != "becomes"}
        kept = form.initial["kept"] if said["becomes"] == form.initial["becomes"] else {}
        if str(revision.pk) != request.POST.get("revision"):
            form.add_error(None, "Another text was imported meanwhile: this is its line of that number.")
            return False
        if str(line.correction.pk if line.correction else "") != request.POST.get("seen", ""):
            form.add_error(None, "Somebody else corrected the line meanwhile: look at what it says now.")
            return False
        try:
            correct_lines(
                revision=revision,
                lines=[line.number],
                becomes=said["becomes"],
                values={**kept, **{name: value for name, value in values.items() if value or name != "claim"}},
                actor=staff_user(request),
            )
        except OperationError as error:
            form.add_error(None, error.message)
            return False
        self.message_user(request, f"Line {line.number} corrected: {Becomes(said['becomes']).label.lower()}.")
        return True

    def _newest(self, request: HttpRequest, document_id: int) -> tuple[Document, DocumentRevision]:
        document = get_object_or_404(Document.objects.select_related("service"), pk=document_id)
        if not self.has_view_permission(request, document):
            raise PermissionDenied
        revision = document.newest_revision
        if revision is None:
            raise Http404
        return document, revision

    def _may_correct(self, request: HttpRequest) -> bool:
        return request.user.has_perm("roadmap.add_correction")

    def _demand(self, request: HttpRequest) -> None:
        if not self._may_correct(request):
            raise PermissionDenied

    def _say(self, request: HttpRequest, act: Callable[[], Any], words: str) -> None:
        try:
            act()
        except OperationError as error:
            self.message_user(request, error.message, messages.ERROR)
        else:
            self.message_user(request, words)

    def _render(self, request: HttpRequest, document: Document, template: str, context: dict[str, Any]) -> HttpResponse:
        base = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Review",
            "document": document,
            "may_correct": self._may_correct(request),
        }
        return TemplateResponse(request, f"admin/roadmap/document/{template}", {**base, **context})


def _place(document: Document, line: int | None = None) -> str:
    address = reverse("admin:roadmap_document_review", args=[document.pk])
    return f"{address}?{urlencode({'at': line})}#line-{line}" if line else address
