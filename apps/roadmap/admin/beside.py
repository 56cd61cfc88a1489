"""What stands beside an entry's form: its history in sentences, comments, links, and what it waits for."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.urls.resolvers import URLPattern

from apps.audit.audited_admin import staff_user
from apps.common.addresses import change_address
from apps.common.clock import now
from apps.common.numbers import read_number
from apps.roadmap.admin.entries import EntryAdmin
from apps.roadmap.exceptions import RoadmapError
from apps.roadmap.models import Comment, Dependency, Link, Milestone
from apps.roadmap.selectors import about
from apps.roadmap.selectors.milestones import find_milestone
from apps.roadmap.selectors.versions import newest_version, versions_of
from apps.roadmap.services.discussing import add_comment, delete_comment, edit_comment
from apps.roadmap.services.linking import add_dependency, add_link, remove_dependency, remove_link
from apps.roadmap.services.restoring import restore_version

Act = Callable[[HttpRequest, Any], str]


class Beside(EntryAdmin):
    """Adds to an entry's page what people say of it, and to its history a way back."""

    def get_urls(self) -> list[URLPattern]:
        def address(suffix: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            name = f"{self.opts.app_label}_{self.opts.model_name}_{name}"
            return path(f"<path:object_id>/{suffix}", self.admin_site.admin_view(view), name=name)

        own = [
            address("beside/", self.beside_view, "beside"),
            address("history/<int:version>/restore/", self.restore_view, "restore"),
        ]
        return [*own, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response = super().change_view(request, object_id, form_url, extra_context)
        if isinstance(response, TemplateResponse) and response.context_data is not None:
            response.context_data |= self._beside(request, response.context_data.get("original"))
        return response

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Every version as a sentence, the newest first, each with a way back to it."""
        entry = self._entry(request, object_id)
        if not self.has_view_or_change_permission(request, entry):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": "History",
            "opts": self.opts,
            "entry": entry,
            "versions": versions_of(entry),
            "newest": newest_version(entry),
            "may_restore": self.has_change_permission(request, entry),
        }
        return TemplateResponse(request, "admin/roadmap/entry/history.html", context)

    def restore_view(self, request: HttpRequest, object_id: str, version: int) -> HttpResponse:
        """Put an earlier version back, if nobody changed the entry since the person looked."""
        entry = self._entry(request, object_id)
        if request.method != "POST" or not self.has_change_permission(request, entry):
            raise PermissionDenied
        seen = read_number(request.POST.get("seen")) or 0
        try:
            is_changed = restore_version(entry=entry, version=version, seen=seen, actor=staff_user(request))
            self.message_user(request, "The version is restored." if is_changed else "It holds these values already.")
        except RoadmapError as error:
            self.message_user(request, error.message, messages.ERROR)
        return HttpResponseRedirect(reverse(f"admin:roadmap_{self.opts.model_name}_history", args=[entry.pk]))

    @transaction.atomic
    def beside_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Add, change or take away what stands beside the entry."""
        entry = self._entry(request, object_id)
        act = _ACTS.get(str(request.POST.get("act", "")))
        if request.method != "POST" or act is None or not self.has_view_or_change_permission(request, entry):
            raise PermissionDenied
        try:
            with transaction.atomic():
                anchor = act(request, entry)
        except RoadmapError as error:
            self.message_user(request, error.message, messages.ERROR)
            anchor = "beside"
        return HttpResponseRedirect(f"{change_address(entry)}#{anchor}")

    def _entry(self, request: HttpRequest, object_id: str) -> Any:
        entry = self.get_object(request, object_id)
        if entry is None:
            raise Http404
        return entry

    def _beside(self, request: HttpRequest, entry: Any) -> dict[str, Any]:
        if entry is None:
            return {}
        at, person = now(), request.user
        comments = list(about.comments_of(entry)) if person.has_perm("roadmap.view_comment") else []
        for comment in comments:
            comment.is_editable = comment.may_be_edited(by=person, at=at)  # type: ignore[attr-defined]
        return {
            "comments": comments,
            "links": about.links_of(entry),
            "link_kinds": Link.Kind.choices,
            "beside_address": reverse(f"admin:roadmap_{self.opts.model_name}_beside", args=[entry.pk]),
            **(self._chain(entry) if isinstance(entry, Milestone) else {}),
        }

    def _chain(self, milestone: Milestone) -> dict[str, Any]:
        return {
            "waits_for": about.waits_for(milestone),
            "followed_by": about.followed_by(milestone),
            "neighbours": Milestone.objects.current().of_service(milestone.service).in_order().exclude(pk=milestone.pk),
            "effort": about.effort_of([milestone]).get(milestone.pk),
        }


def _require(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied


def _comment(request: HttpRequest, entry: Any) -> str:
    _require(request, "roadmap.add_comment")
    comment = add_comment(entry=entry, text=str(request.POST.get("text", "")), author=staff_user(request))
    return f"comment-{comment.pk}"


def _edit_comment(request: HttpRequest, entry: Any) -> str:
    _require(request, "roadmap.change_comment")
    comment = _found(about.comments_of(entry), request)
    edit_comment(comment=comment, text=str(request.POST.get("text", "")), actor=staff_user(request))
    return f"comment-{comment.pk}"


def _delete_comment(request: HttpRequest, entry: Any) -> str:
    _require(request, "roadmap.delete_comment")
    comment: Comment = _found(about.comments_of(entry), request)
    delete_comment(comment=comment, actor=staff_user(request))
    return f"comment-{comment.pk}"


def _link(request: HttpRequest, entry: Any) -> str:
    _require(request, "roadmap.add_link")
    posted = {name: str(request.POST.get(name, "")) for name in ("url", "title", "kind")}
    add_link(entry=entry, actor=staff_user(request), **posted)
    return "links"


def _unlink(request: HttpRequest, entry: Any) -> str:
    _require(request, "roadmap.delete_link")
    remove_link(link=_found(about.links_of(entry), request), actor=staff_user(request))
    return "links"


def _wait(request: HttpRequest, entry: Any) -> str:
    _require(request, "roadmap.add_dependency")
    predecessor = find_milestone(str(request.POST.get("predecessor", "")), service=entry.service)
    add_dependency(predecessor=predecessor, successor=entry, actor=staff_user(request))
    return "waits-for"


def _stop_waiting(request: HttpRequest, entry: Any) -> str:
    _require(request, "roadmap.delete_dependency")
    dependency: Dependency = _found(about.waits_for(entry), request)
    remove_dependency(dependency=dependency, actor=staff_user(request))
    return "waits-for"


def _found(rows: Any, request: HttpRequest) -> Any:
    row = rows.filter(pk=read_number(request.POST.get("id"))).first()
    if row is None:
        raise RoadmapError("It is gone: somebody else took it away.")
    return row


_ACTS: dict[str, Act] = {
    "comment": _comment,
    "edit-comment": _edit_comment,
    "delete-comment": _delete_comment,
    "link": _link,
    "unlink": _unlink,
    "wait": _wait,
    "stop-waiting": _stop_waiting,
}
