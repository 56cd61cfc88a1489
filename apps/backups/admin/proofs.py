"""Proofs of the drill, to be read; a button asks for one."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from apps.audit.audited_admin import ReadOnlyAdmin, staff_user
from apps.backups import services, tasks
from apps.backups.exceptions import BackupError
from apps.backups.models import ProofRun
from apps.common.cells import age_cell, status_cell
from apps.common.wording import duration_in_words

MAY_PROVE = "backups.drill_database"


@admin.register(ProofRun)
class ProofRunAdmin(ReadOnlyAdmin):
    list_display = ["asked", "came_to", "faults_caught", "faults_missed", "alarms", "by", "took"]
    list_filter = ["status", "holds"]
    list_select_related = ["requested_by"]
    date_hierarchy = "queued_at"
    change_form_template = "admin/backups/proofrun/change_form.html"
    change_list_template = "admin/backups/proofrun/change_list.html"

    def get_queryset(self, request: HttpRequest) -> Any:
        is_list = request.resolver_match is not None and "object_id" not in request.resolver_match.kwargs
        return super().get_queryset(request).defer("matrix") if is_list else super().get_queryset(request)

    def get_urls(self) -> list[URLPattern]:
        own = path("prove/", self.admin_site.admin_view(self.prove_view), name="backups_proofrun_prove")
        return [own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        context = {"may_prove": request.user.has_perm(MAY_PROVE), **(extra_context or {})}
        return super().changelist_view(request, context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse | TemplateResponse:
        run = self.get_object(request, object_id)
        context = {"run": run, "title": str(run)} if run else {}
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    @method_decorator(require_POST)
    def prove_view(self, request: HttpRequest) -> HttpResponse:
        """Queue a proof, for the button."""
        if not request.user.has_perm(MAY_PROVE):
            raise PermissionDenied
        try:
            run = services.queue_proof(actor=staff_user(request))
        except BackupError as error:
            self.message_user(request, error.message, messages.ERROR)
        else:
            tasks.send(run)
            self.message_user(request, "Queued a proof of the drill. It takes a few minutes.")
        return HttpResponseRedirect(reverse("admin:backups_proofrun_changelist"))

    @admin.display(description="asked for", ordering="queued_at")
    def asked(self, run: ProofRun) -> Any:
        return age_cell(run.queued_at)

    @admin.display(description="drill", ordering="holds")
    def came_to(self, run: ProofRun) -> Any:
        return status_cell(run.outcome)

    @admin.display(description="caught", ordering="caught", empty_value="")
    def faults_caught(self, run: ProofRun) -> int | None:
        return None if run.holds is None else run.caught

    @admin.display(description="missed", ordering="missed", empty_value="")
    def faults_missed(self, run: ProofRun) -> int | None:
        return None if run.holds is None else run.missed

    @admin.display(description="false alarms", ordering="false_alarms", empty_value="")
    def alarms(self, run: ProofRun) -> str | None:
        return None if run.holds is None else f"{run.false_alarms} in {run.healthy}"

    @admin.display(description="by")
    def by(self, run: ProofRun) -> str:
        return str(run.requested_by or ("the schedule" if run.scheduled_for else "a command"))

    @admin.display(description="took", empty_value="")
    def took(self, run: ProofRun) -> str | None:
        return duration_in_words(run.duration) if run.duration else None
