"""Restores in the admin: asked for on the page of a backup, approved by another, watched on a page of their own."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from apps.audit.audited_admin import ReadOnlyAdmin, staff_user
from apps.backups import services, tasks
from apps.backups.engines.register import engine_named
from apps.backups.exceptions import BackupError
from apps.backups.models import Backup, Database, RestoreRun
from apps.backups.models.restores import LONGEST_NAME
from apps.backups.services.restore_notices import APPROVE, approvers_of
from apps.common.cells import age_cell, status_cell
from apps.common.wording import duration_in_words

from .cells import stage_bar

WAITING = "waits_for_approval"
APPROVERS_NAMED = 5


class RestoreForm(forms.Form):
    """What is asked of whoever asks for a restore: what the backup's engine has to know."""

    server = forms.ModelChoiceField(
        Database.objects.none(),
        label="On the server of",
        empty_label=None,
        help_text="The new database is made there, beside what runs.",
    )
    new_name = forms.CharField(max_length=LONGEST_NAME)
    target_at = forms.DateTimeField(
        label="As of",
        required=False,
        help_text="The moment to recover to, in UTC, such as 2026-11-20 12:00. Empty: the moment of this backup.",
    )
    parts = forms.CharField(
        label="Only", required=False, widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})
    )
    with_owners = forms.BooleanField(label="Owners and privileges too", required=False, initial=True)
    reason = forms.CharField(label="What it is for", widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *arguments: Any, backup: Backup, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.label_suffix = ""
        wanted = engine_named(backup.engine).destination
        self._leave_out(
            server=bool(wanted.server_engine),
            target_at=wanted.reaches_instants,
            parts=bool(wanted.parts_help),
            with_owners=wanted.leaves_owners,
        )
        if "server" in self.fields:
            servers = Database.objects.filter(engine=wanted.server_engine, is_enabled=True)
            self.fields["server"].queryset = servers.select_related("environment__service")  # type: ignore[attr-defined]
            self.fields["server"].initial = backup.database_id
            if backup.engine != wanted.server_engine:
                self.fields["server"].empty_label = "Choose one"  # type: ignore[attr-defined]
        if "parts" in self.fields:
            self.fields["parts"].help_text = wanted.parts_help
        self.fields["new_name"].label = wanted.name_label
        self.fields["new_name"].help_text = wanted.name_help
        self.fields["new_name"].initial = wanted.suggest(backup.database.name, backup.snapshot_at)

    def clean_parts(self) -> list[str]:
        return [line.strip() for line in self.cleaned_data["parts"].splitlines() if line.strip()]

    def _leave_out(self, **asked: bool) -> None:
        """Take away the fields that this kind of restore does not ask for."""
        for name, is_asked in asked.items():
            if not is_asked:
                del self.fields[name]

    def refuse(self, message: str) -> None:
        """Say what the service refused, beside the field that it names."""
        name, _, words = message.partition(": ")
        self.add_error(name if name in self.fields else None, words if name in self.fields else message)


@admin.register(RestoreRun)
class RestoreRunAdmin(ReadOnlyAdmin):
    list_display = ["new_name", "backup", "came_to", "asked", "requested_by", "approved_by", "took"]
    list_filter = ["status", "backup__database"]
    list_select_related = ["backup__database", "requested_by", "approved_by"]
    change_form_template = "admin/backups/restorerun/change_form.html"
    nothing_yet = "Press “Restore” on the page of a backup: it becomes something new, beside what runs."

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.request_page)
        return [path("backup/<int:backup_id>/", page, name="backups_restorerun_request"), *super().get_urls()]

    @admin.display(description="status", ordering="status")
    def came_to(self, run: RestoreRun) -> Any:
        return status_cell(WAITING if run.waits_for_approval else run.status)

    @admin.display(description="asked for", ordering="queued_at")
    def asked(self, run: RestoreRun) -> Any:
        return age_cell(run.queued_at)

    @admin.display(description="took")
    def took(self, run: RestoreRun) -> str | None:
        return duration_in_words(run.duration) if run.duration else None

    def request_page(self, request: HttpRequest, backup_id: int) -> HttpResponse:
        """Ask for a restore of a backup."""
        if not request.user.has_perms(["backups.add_restorerun", "backups.view_backup"]):
            raise PermissionDenied
        backups = Backup.objects.select_related("database__environment__service").defer("fingerprint")
        backup = get_object_or_404(backups, pk=backup_id)
        form = RestoreForm(request.POST or None, backup=backup)
        if form.is_valid():
            try:
                run = services.request_restore(backup=backup, actor=staff_user(request), **form.cleaned_data)
            except BackupError as error:
                form.refuse(error.message)
            else:
                self._send(request, run)
                return HttpResponseRedirect(_page_of(run))
        wanted = engine_named(backup.engine).destination
        context = {"title": f"Restore into a new {wanted.noun}", "wanted": wanted, "backup": backup, "form": form}
        return self._render(request, "admin/backups/restorerun/request.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """How far it is and what came of it; decisions are posted to it."""
        run = self.get_object(request, object_id)
        if not self.has_view_permission(request, run):
            raise PermissionDenied
        if run is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined]
        if request.method == "POST":
            return self._decide(request, run)
        context = {
            "title": "Restore",
            "original": run,
            "run": run,
            "status": WAITING if run.waits_for_approval else run.status,
            "stages": stage_bar(run.stage_rows) if run.stages else [],
            "decisions": _decisions(request, run),
            "approvers": approvers_of(run)[:APPROVERS_NAMED] if run.waits_for_approval else [],
        }
        return self._render(request, "admin/backups/restorerun/change_form.html", context)

    def _decide(self, request: HttpRequest, run: RestoreRun) -> HttpResponse:
        decision, actor = request.POST.get("decision", ""), staff_user(request)
        if decision not in dict(_decisions(request, run)):
            raise PermissionDenied
        services_of: dict[str, Callable[[], RestoreRun]] = {
            "approve": lambda: services.approve_restore(run=run, actor=actor),
            "refuse": lambda: services.refuse_restore(
                run=run, actor=actor, comment=request.POST.get("comment", "") or _own(run, actor)
            ),
        }
        try:
            services_of[decision]()
        except BackupError as error:
            self.message_user(request, error.message, messages.ERROR)
        else:
            self._send(request, run)
        return HttpResponseRedirect(_page_of(run))

    def _send(self, request: HttpRequest, run: RestoreRun) -> None:
        if run.waits_for_approval and approvers_of(run).exists():
            self.message_user(request, "It goes into production, so somebody else has to approve it; they are told.")
        elif run.waits_for_approval:
            self.message_user(request, "It goes into production, and nobody else may approve it.", messages.WARNING)
        elif not run.is_finished:
            tasks.send(run)
            self.message_user(request, "Queued. A worker will take it in a moment.")

    def _render(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, template, context)


def _decisions(request: HttpRequest, run: RestoreRun) -> list[tuple[str, str]]:
    """What this person may do about it now, with the words on the button."""
    if not run.waits_for_approval:
        return []
    if request.user == run.requested_by:
        return [("refuse", "Take it back")]
    return [("approve", "Approve"), ("refuse", "Refuse")] if request.user.has_perm(APPROVE) else []


def _own(run: RestoreRun, actor: Any) -> str:
    return "taken back" if actor == run.requested_by else ""


def _page_of(run: RestoreRun) -> str:
    return reverse("admin:backups_restorerun_change", args=[run.pk])
