"""Observations in the admin, to be read; and the word that a person gives for one."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from apps.audit.audited_admin import ReadOnlyAdmin, staff_user
from apps.catalog.selectors import find_environment, find_service
from apps.common.exceptions import OperationError
from apps.evidence.models import ObservationRecord
from apps.evidence.selectors import explain
from apps.evidence.services.attesting import attest

MAY_ATTEST = "evidence.attest_evidence"


@admin.register(ObservationRecord)
class ObservationRecordAdmin(ReadOnlyAdmin):
    list_display = ["observed_at", "environment", "verifier_key", "summary", "error", "trust"]
    list_filter = ["verifier_key", "trust", "environment"]
    search_fields = ["summary", "error", "subject"]
    list_select_related = ["environment__service"]
    date_hierarchy = "observed_at"
    show_full_result_count = False

    def get_urls(self) -> list[URLPattern]:
        page = path("attest/", self.admin_site.admin_view(self.attest_now), name="evidence_attest")
        return [page, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        record = self.get_object(request, object_id)
        context = {"explained": explain(record) if record else None, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)

    @method_decorator(require_POST)
    def attest_now(self, request: HttpRequest) -> HttpResponse:
        """Take the word of the person who is signed in, and go back to where they gave it."""
        if not request.user.has_perm(MAY_ATTEST):
            raise PermissionDenied
        try:
            record = attest(
                environment=find_environment(find_service(request.POST.get("service", ""))),
                statement=request.POST.get("statement", ""),
                comment=request.POST.get("comment", ""),
                is_so=request.POST.get("is_so") == "yes",
                actor=staff_user(request),
            )
        except OperationError as error:
            self.message_user(request, error.message, messages.ERROR)
        else:
            self.message_user(request, f"{record.summary}.")
        target = request.POST.get("next", "")
        is_own = url_has_allowed_host_and_scheme(target, allowed_hosts=None)
        return redirect(target if is_own else "admin:evidence_observationrecord_changelist")
