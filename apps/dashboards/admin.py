"""Schedules of reports in the admin."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from apps.audit.audited_admin import AuditedAdmin, staff_user
from apps.common.cells import age_cell, status_cell
from apps.common.clock import now
from apps.dashboards import tasks
from apps.dashboards.models import ReportRun, ReportSchedule
from apps.dashboards.services.mailing_reports import NO_SERVER, send_now
from apps.roadmap.admin.calm import CalmFields

SHOWN_RUNS = 20


@admin.register(ReportSchedule)
class ReportScheduleAdmin(CalmFields, AuditedAdmin):
    list_display = ["name", "about", "format", "rhythm", "next_due", "last_run", "is_active"]
    list_filter = ["is_active", "scope", "format"]
    list_select_related = ["service", "team"]
    search_fields = ["name", "service__name", "team__name"]
    autocomplete_fields = ["service", "team"]
    filter_horizontal = ["people", "teams"]
    change_form_template = "admin/dashboards/reportschedule/change_form.html"
    fieldsets = [
        (None, {"fields": ["name", ("scope", "format"), ("service", "team"), "is_active"]}),
        ("When", {"fields": [("cron", "time_zone")]}),
        ("To whom", {"fields": ["people", "teams"], "description": "Staff who may read what the report holds."}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReportSchedule]:
        newest = ReportRun.objects.filter(schedule=OuterRef("pk")).order_by("-queued_at", "-pk").values("status")[:1]
        return super().get_queryset(request).annotate(last_status=Subquery(newest))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.send_now_view)
        return [path("<int:pk>/send/", view, name="dashboards_reportschedule_send"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context: dict[str, Any] = {"no_server": "" if settings.MAIL_IS_SENT else NO_SERVER}
        if object_id.isdigit():
            context["runs"] = ReportRun.objects.filter(schedule_id=int(object_id)).select_related("requested_by")[
                :SHOWN_RUNS
            ]
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    @admin.display(description="report of")
    def about(self, schedule: ReportSchedule) -> str:
        return schedule.subject

    @admin.display(description="when", ordering="cron")
    def rhythm(self, schedule: ReportSchedule) -> str:
        return f"{schedule.cron} {schedule.time_zone}"

    @admin.display(description="next", empty_value="never")
    def next_due(self, schedule: ReportSchedule) -> SafeString | None:
        return age_cell(schedule.next_due_at(now()))

    @admin.display(description="last", empty_value="none yet")
    def last_run(self, schedule: Any) -> SafeString | None:
        return status_cell(schedule.last_status) if schedule.last_status else None

    @method_decorator(require_POST)
    def send_now_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Mail one to whoever presses the button."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        person = staff_user(request)
        tasks.send(send_now(schedule=get_object_or_404(ReportSchedule, pk=pk), actor=person))
        self.message_user(
            request, f"A report for {person.email} is queued; see below what came of it.", messages.SUCCESS
        )
        return HttpResponseRedirect(reverse("admin:dashboards_reportschedule_change", args=[pk]))
