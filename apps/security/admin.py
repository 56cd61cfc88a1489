"""Runs of the security checks, in the admin."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from apps.audit.audited_admin import ReadOnlyAdmin, staff_user
from apps.common.cells import age_cell, status_cell
from apps.common.clock import now
from apps.common.exceptions import OperationError
from apps.security import tasks
from apps.security.models import SecurityCheckRun
from apps.security.services import checking

MAY_CHECK = "security.add_securitycheckrun"


@admin.register(SecurityCheckRun)
class SecurityCheckRunAdmin(ReadOnlyAdmin):
    list_display = ["queued", "environment", "state", "result", "criticals", "errors", "warnings"]
    list_filter = ["status"]
    list_select_related = ["environment__service"]
    fields = ["environment", "status", "queued_at", "started_at", "finished_at", "error"]

    def get_urls(self) -> list[URLPattern]:
        check = path("check/", self.admin_site.admin_view(self.check_now), name="security_check_now")
        return [check, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse | TemplateResponse:
        return super().changelist_view(
            request, {"may_check": request.user.has_perm(MAY_CHECK), **(extra_context or {})}
        )

    @method_decorator(require_POST)
    def check_now(self, request: HttpRequest) -> HttpResponse:
        """Queue a run."""
        if not request.user.has_perm(MAY_CHECK):
            raise PermissionDenied
        try:
            run = checking.queue_check(at=now(), actor=staff_user(request))
        except OperationError as error:
            self.message_user(request, error.message, messages.ERROR)
        else:
            transaction.on_commit(lambda: tasks.carry_out_security_check.delay(run.pk))
            self.message_user(request, "Queued the checks; reload in a few seconds.")
        return redirect("admin:security_securitycheckrun_changelist")

    @admin.display(description="queued", ordering="queued_at")
    def queued(self, run: SecurityCheckRun) -> SafeString | None:
        return age_cell(run.queued_at)

    @admin.display(description="run", ordering="status")
    def state(self, run: SecurityCheckRun) -> SafeString:
        return status_cell(run.status)

    @admin.display(description="result")
    def result(self, run: SecurityCheckRun) -> SafeString | None:
        return status_cell("passing" if run.is_clean else "failing") if run.criticals is not None else None
