"""The pages that say what retention does, and the forms that hold a backup back from it."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from apps.audit.audited_admin import staff_user
from apps.backups.exceptions import BackupError
from apps.backups.models import Backup, Database
from apps.backups.services.holding import hold_backup, release_backup
from apps.backups.services.plans import preview_of
from apps.backups.services.retention import look_ahead, mark_backups
from apps.common.clock import now
from apps.common.wording import counted

HELD_DAYS = 90


class HoldForm(forms.Form):
    """Until when, and why."""

    until_on = forms.DateField(label="Until the end of", widget=forms.DateInput(attrs={"type": "date"}))
    reason = forms.CharField(label="Why", max_length=200)

    @property
    def until(self) -> datetime:
        """The end of that day, in UTC."""
        return datetime.combine(self.cleaned_data["until_on"] + timedelta(days=1), time(), tzinfo=UTC)


class RetentionPages(admin.ModelAdmin):
    """The page of a database that says what stays, what goes, and why."""

    def get_urls(self) -> list[URLPattern]:
        pages = [("retention", self.retention_page), ("let-go", self.let_go_view)]
        own = [
            path(f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=f"backups_database_{name}")
            for name, view in pages
        ]
        return [*own, *super().get_urls()]

    def retention_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What would go now. Looking changes nothing."""
        if not request.user.has_perms(["backups.view_database", "backups.view_backup"]):
            raise PermissionDenied
        database = get_object_or_404(Database.objects.select_related("environment__service"), pk=pk)
        outlook = look_ahead(database=database, at=now())
        context = {
            **self.admin_site.each_context(request),
            "title": f"Retention of {database}",
            "database": database,
            "outlook": outlook,
            "preview": preview_of(outlook.plan, at=now()),
            "may_let_go": request.user.has_perm("backups.change_plan"),
        }
        return TemplateResponse(request, "admin/backups/database/retention.html", context)

    @method_decorator(require_POST)
    def let_go_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Mark at once what the next look of the schedule would mark."""
        if not request.user.has_perm("backups.change_plan"):
            raise PermissionDenied
        outlook = mark_backups(database=get_object_or_404(Database, pk=pk), at=now())
        if outlook.frozen_because:
            self.message_user(request, f"Nothing goes. {outlook.frozen_because}", messages.WARNING)
        else:
            self.message_user(request, f"{counted(len(outlook.going), 'backup')} let go. Hold one to take it back.")
        return HttpResponseRedirect(reverse("admin:backups_database_retention", args=[pk]))


class HoldViews(admin.ModelAdmin):
    """Holding a backup and releasing it, from its page."""

    def get_urls(self) -> list[URLPattern]:
        views = [("hold", self.hold_view), ("release", self.release_view)]
        own = [
            path(f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=f"backups_backup_{name}")
            for name, view in views
        ]
        return [*own, *super().get_urls()]

    def hold_context(self, request: HttpRequest) -> dict[str, Any]:
        """What the page of a backup shows of its hold."""
        initial = {"until_on": f"{now() + timedelta(days=HELD_DAYS):%Y-%m-%d}"}
        return {"may_hold": request.user.has_perm("backups.hold_backup"), "hold_form": HoldForm(initial=initial)}

    @method_decorator(require_POST)
    def hold_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Hold it, or say why not."""
        backup, form = self._backup(request, pk), HoldForm(request.POST)
        try:
            if not form.is_valid():
                raise BackupError("Give the day until which the backup is held, and the reason.")
            reason = form.cleaned_data["reason"]
            hold_backup(backup=backup, until=form.until, reason=reason, at=now(), actor=staff_user(request))
        except BackupError as error:
            self.message_user(request, error.message, messages.ERROR)
        else:
            self.message_user(request, f"Held until the end of {form.cleaned_data['until_on']}.")
        return HttpResponseRedirect(reverse("admin:backups_backup_change", args=[pk]))

    @method_decorator(require_POST)
    def release_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Leave it to retention again."""
        if release_backup(backup=self._backup(request, pk), actor=staff_user(request)):
            self.message_user(request, "Released. Retention decides again.")
        return HttpResponseRedirect(reverse("admin:backups_backup_change", args=[pk]))

    def _backup(self, request: HttpRequest, pk: int) -> Backup:
        if not request.user.has_perm("backups.hold_backup"):
            raise PermissionDenied
        return get_object_or_404(Backup.objects.select_related("database"), pk=pk)
