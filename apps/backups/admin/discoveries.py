"""Databases that nobody protects, in the admin: seen, protected with one press, or set aside with a reason."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from apps.audit.audited_admin import ReadOnlyAdmin, staff_user
from apps.backups import tasks
from apps.backups.exceptions import BackupError
from apps.backups.models import DiscoveredDatabase
from apps.backups.services.discovery import protect, set_aside
from apps.common.cells import age_cell, status_cell
from apps.common.clock import now
from apps.common.wording import size_in_words

LIST = "admin:backups_discovereddatabase_changelist"


class SetAsideForm(forms.Form):
    """Why it needs no backup."""

    reason = forms.CharField(label="Why it needs no backup", max_length=200)


@admin.register(DiscoveredDatabase)
class DiscoveredDatabaseAdmin(ReadOnlyAdmin):
    list_display = ["name", "address", "state", "size", "first_seen", "seen_through", "ignored_reason"]
    list_filter = ["engine", "address"]
    list_select_related = ["seen_through"]
    search_fields = ["name", "address"]
    change_form_template = "admin/backups/discovereddatabase/change_form.html"
    change_list_template = "admin/backups/discovereddatabase/change_list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[DiscoveredDatabase]:
        """What is protected is found among the databases."""
        return super().get_queryset(request).filter(covered_by__isnull=True)

    def get_urls(self) -> list[URLPattern]:
        views: list[tuple[str, Callable[..., HttpResponse]]] = [
            ("protect", self.protect_view),
            ("set-aside", self.set_aside_view),
        ]
        own = [
            path(f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=f"backups_discovereddatabase_{name}")
            for name, view in views
        ]
        look = path("look/", self.admin_site.admin_view(self.look_view), name="backups_discovereddatabase_look")
        return [look, *own, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse | TemplateResponse:
        shown = {
            "may_protect": request.user.has_perm("backups.add_database"),
            "may_set_aside": request.user.has_perm("backups.change_discovereddatabase"),
            "set_aside_form": SetAsideForm(),
        }
        return super().change_view(request, object_id, form_url, {**shown, **(extra_context or {})})

    @admin.display(description="state")
    def state(self, found: DiscoveredDatabase) -> Any:
        return status_cell(found.state)

    @admin.display(description="size", ordering="size_bytes", empty_value="unknown")
    def size(self, found: DiscoveredDatabase) -> str | None:
        return size_in_words(found.size_bytes) if found.size_bytes is not None else None

    @admin.display(description="first seen", ordering="first_seen_at")
    def first_seen(self, found: DiscoveredDatabase) -> Any:
        return age_cell(found.first_seen_at)

    @method_decorator(require_POST)
    def look_view(self, request: HttpRequest) -> HttpResponse:
        """Let a worker look now."""
        self._require(request, "backups.change_discovereddatabase")
        tasks.discover.delay()
        self.message_user(request, "A worker looks at every server in a moment. Load this page again then.")
        return HttpResponseRedirect(reverse(LIST))

    @method_decorator(require_POST)
    def protect_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Add it like the database that it was seen through, and go there."""
        self._require(request, "backups.add_database")
        found = get_object_or_404(DiscoveredDatabase.objects.select_related("seen_through"), pk=pk)
        try:
            database = protect(found=found, at=now(), actor=staff_user(request))
        except BackupError as error:
            self.message_user(request, error.message, messages.ERROR)
            return HttpResponseRedirect(reverse(LIST))
        words = f"{database} is protected like {found.seen_through}. Look over it, and press “Test connection”."
        self.message_user(request, words)
        return HttpResponseRedirect(reverse("admin:backups_database_change", args=[database.pk]))

    @method_decorator(require_POST)
    def set_aside_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note why it needs no backup."""
        self._require(request, "backups.change_discovereddatabase")
        found = get_object_or_404(DiscoveredDatabase, pk=pk)
        try:
            set_aside(found=found, reason=request.POST.get("reason", ""), at=now(), actor=staff_user(request))
        except BackupError as error:
            self.message_user(request, error.message, messages.ERROR)
        else:
            self.message_user(request, f"{found} is set aside.")
        return HttpResponseRedirect(reverse(LIST))

    def _require(self, request: HttpRequest, permission: str) -> None:
        if not request.user.has_perm(permission):
            raise PermissionDenied
