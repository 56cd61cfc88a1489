"""Runs of the security checks, in the admin."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from apps.audit.audited_admin import ReadOnlyAdmin, staff_user
from apps.common.clock import now
from apps.common.exceptions import OperationError
from apps.security import tasks
from apps.security.models import SecurityCheckRun
from apps.security.services import checking


@admin.register(SecurityCheckRun)
class SecurityCheckRunAdmin(ReadOnlyAdmin):
    list_display = ["queued_at", "environment", "status", "clean", "criticals", "errors", "warnings", "error"]
    list_filter = ["status"]
    list_select_related = ["environment__service"]
    readonly_fields = ["complaints"]
    exclude = ["findings"]

    def get_urls(self) -> list[URLPattern]:
        check = path("check/", self.admin_site.admin_view(require_POST(self.check_now)), name="security_check_now")
        return [check, *super().get_urls()]

    def check_now(self, request: HttpRequest) -> HttpResponse:
        """Queue a run."""
        if not request.user.has_perm("security.add_securitycheckrun"):
            raise PermissionDenied
        self._queue(request)
        return redirect("admin:security_securitycheckrun_changelist")

    def _queue(self, request: HttpRequest) -> None:
        try:
            run = checking.queue_check(at=now(), actor=staff_user(request))
        except OperationError as error:
            self.message_user(request, error.message, messages.ERROR)
        else:
            transaction.on_commit(lambda: tasks.carry_out_security_check.delay(run.pk))
            self.message_user(request, "Queued the checks; reload in a few seconds.")

    @admin.display(boolean=True, description="clean")
    def clean(self, run: SecurityCheckRun) -> bool | None:
        return run.is_clean if run.is_finished and not run.error else None

    @admin.display(description="complaints", empty_value="None.")
    def complaints(self, run: SecurityCheckRun) -> SafeString | None:
        rows = ((finding["id"], finding["message"], finding["hint"]) for finding in run.findings)
        return format_html_join("", "<p><strong>{}</strong> {} <span class='help'>{}</span></p>", rows) or None
