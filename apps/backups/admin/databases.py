"""Databases, their schedules, and the buttons that back up and drill."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from apps.audit.audited_admin import AuditedAdmin, staff_user
from apps.backups import selectors, services, tasks
from apps.backups.engines.probe import State
from apps.backups.exceptions import BackupError
from apps.backups.models import BackupRun, Database, DrillRun, Plan, Schedule
from apps.backups.services.connections import check_connection
from apps.backups.services.plans import plan_of
from apps.common.cells import age_cell, status_cell
from apps.common.clock import now
from apps.common.numbers import read_number
from apps.common.wording import counted

from .cells import objective_cell
from .checks import CheckInline
from .keys import custody_context
from .proof import proof_page
from .retention import RetentionPages
from .watching import watching_context

SHOWN_RUNS = 10


class DatabaseForm(forms.ModelForm):
    """The stored address is never sent to a browser: an empty field keeps it."""

    connection_url = forms.CharField(
        label="Connection URL",
        required=False,
        strip=True,
        widget=forms.PasswordInput(attrs={"class": "vLargeTextField", "autocomplete": "off", "spellcheck": "false"}),
    )

    class Meta:
        model = Database
        fields = ["environment", "name", "engine", "connection_url", "is_enabled"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields.get("connection_url")
        if field is None:  # shown to somebody who may only look
            return
        help_text = Database._meta.get_field("connection_url").help_text
        field.help_text = f"{help_text} Leave it empty to keep what is stored." if self.instance.pk else help_text
        field.required = not self.instance.pk

    def clean_connection_url(self) -> str:
        return self.cleaned_data["connection_url"] or self.instance.connection_url


class ScheduleInline(admin.TabularInline):
    model = Schedule
    extra = 0
    fields = ["operation", "interval", "cron", "starts_at", "is_enabled"]


class WorstFirst(ChangeList):
    """Unless another order is chosen: never proven, then whose newest proof is the oldest."""

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Database]) -> list[Any]:
        by_name = super().get_ordering(request, queryset)
        return by_name if ORDER_VAR in self.params else [F("newest_proven_at").asc(nulls_first=True), *by_name]


@admin.register(Database)
class DatabaseAdmin(RetentionPages, AuditedAdmin):
    form = DatabaseForm
    inlines = [ScheduleInline, CheckInline]
    list_display = ["name", "environment", "newest", "newest_proven", "drilled", "recovery", "is_enabled"]
    list_filter = ["is_enabled", "environment__service"]
    list_select_related = ["environment__service"]
    search_fields = ["name", "environment__service__name"]
    actions = ["back_up_now", "drill_now"]
    change_form_template = "admin/backups/database/change_form.html"
    fieldsets = [
        (None, {"fields": ["environment", "name", "engine", "connection_url", "is_enabled"]}),
        ("Objectives", {"fields": ["rpo_objective", "rto_objective"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Database]:
        return selectors.with_protection(super().get_queryset(request))

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[ChangeList]:
        return WorstFirst

    def get_fieldsets(self, request: HttpRequest, obj: Database | None = None) -> Any:
        """Who may only look does not see that there is an address: Django would show its text."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return fieldsets
        return [
            (name, {**options, "fields": [field for field in options["fields"] if field != "connection_url"]})
            for name, options in fieldsets
        ]

    def get_urls(self) -> list[URLPattern]:
        pages = [("back-up", self.back_up_view), ("drill", self.drill_view), ("test", self.test_view)]
        pages.append(("proof", self.proof_view))
        own = [
            path(f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=f"backups_database_{name}")
            for name, view in pages
        ]
        return [*own, *super().get_urls()]

    def proof_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What was proven over a period, to be printed, or handed over as a file."""
        databases = Database.objects.select_related("environment__service").defer("connection_url")
        database = get_object_or_404(databases, pk=pk)
        if not self.has_view_permission(request, database):
            raise PermissionDenied
        return proof_page(request, database, {**self.admin_site.each_context(request), "opts": self.opts})

    def save_model(self, request: HttpRequest, obj: Database, form: forms.ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        plan_of(obj)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse | TemplateResponse:
        runs: dict[str, Any] = {
            "may_back_up": request.user.has_perm("backups.back_up_database"),
            "may_drill": request.user.has_perm("backups.drill_database"),
            "plan": Plan.objects.filter(database=read_number(object_id) or 0).first(),
            "may_test": request.user.has_perm("backups.change_database"),
        }
        database = read_number(object_id) or 0
        runs["backup_runs"] = BackupRun.objects.filter(database=database).select_related("backup")[:SHOWN_RUNS]
        runs["drill_runs"] = DrillRun.objects.filter(database=database).select_related("backup")[:SHOWN_RUNS]
        shown = Database.objects.filter(pk=database).first()
        if shown and self.has_view_permission(request, shown):
            runs |= watching_context(shown, at=now()) | custody_context(shown, at=now())
        return super().change_view(request, object_id, form_url, {**runs, **(extra_context or {})})

    @admin.display(description="newest backup", ordering="newest_at", empty_value="none yet")
    def newest(self, database: Any) -> Any:
        return age_cell(database.newest_at)

    @admin.display(description="newest proven", ordering="newest_proven_at", empty_value="none yet")
    def newest_proven(self, database: Any) -> Any:
        proven_at = database.newest_proven_at
        return objective_cell(now() - proven_at, database.rpo_objective) if proven_at else None

    @admin.display(description="last drill", empty_value="none yet")
    def drilled(self, database: Any) -> Any:
        return status_cell(database.last_outcome) if database.last_outcome else None

    @admin.display(description="measured recovery", empty_value="not measured")
    def recovery(self, database: Any) -> Any:
        seconds = database.last_rto_seconds
        return objective_cell(timedelta(seconds=seconds), database.rto_objective) if seconds is not None else None

    @admin.action(permissions=["back_up"], description="Back up now")
    def back_up_now(self, request: HttpRequest, queryset: QuerySet[Database]) -> None:
        for database in queryset:
            self._queue(request, database, services.queue_backup, "a backup")

    @admin.action(permissions=["drill"], description="Drill now")
    def drill_now(self, request: HttpRequest, queryset: QuerySet[Database]) -> None:
        for database in queryset:
            self._queue(request, database, services.queue_drill, "a drill")

    def has_back_up_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("backups.back_up_database")

    def has_drill_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("backups.drill_database")

    @method_decorator(require_POST)
    def back_up_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Queue a backup, for the button."""
        return self._press(request, pk, self.has_back_up_permission, services.queue_backup, "a backup")

    @method_decorator(require_POST)
    def drill_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Queue a drill of the newest backup, for the button."""
        return self._press(request, pk, self.has_drill_permission, services.queue_drill, "a drill")

    @method_decorator(require_POST)
    def test_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Test the connection, for the button."""
        if not request.user.has_perm("backups.change_database"):
            raise PermissionDenied
        database = get_object_or_404(Database, pk=pk)
        try:
            lines = check_connection(database=database, at=now(), actor=staff_user(request))
        except BackupError as error:
            self.message_user(request, error.message, messages.ERROR)
        else:
            lacking = sum(line.state == State.MISSING for line in lines)
            said = f"{counted(lacking, 'thing')} missing; see below." if lacking else "Nothing is missing."
            self.message_user(request, said, messages.WARNING if lacking else messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:backups_database_change", args=[pk]))

    def _press(
        self, request: HttpRequest, pk: int, is_allowed: Callable[[HttpRequest], bool], queue: Any, what: str
    ) -> HttpResponse:
        if not is_allowed(request):
            raise PermissionDenied
        database = get_object_or_404(Database, pk=pk)
        self._queue(request, database, queue, what)
        return HttpResponseRedirect(reverse("admin:backups_database_change", args=[pk]))

    def _queue(self, request: HttpRequest, database: Database, queue: Any, what: str) -> None:
        try:
            run = queue(database=database, actor=staff_user(request))
        except BackupError as error:
            self.message_user(request, error.message, messages.ERROR)
        else:
            tasks.send(run)
            self.message_user(request, f"Queued {what} of {database}. A worker will take it in a moment.")
