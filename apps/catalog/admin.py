"""Teams, services and environments in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest

from apps.accounts.models import User
from apps.audit.audited_admin import AuditedAdmin
from apps.catalog.models import Environment, Service, Team
from apps.catalog.services import ensure_default_environment


class EnvironmentInline(admin.TabularInline):
    model = Environment
    extra = 0
    verbose_name_plural = "environments (production where none is named; the first is the default)"


@admin.register(Team)
class TeamAdmin(AuditedAdmin):
    list_display = ["name", "email", "member_count"]
    search_fields = ["name"]
    filter_horizontal = ["members"]  # no autocomplete: to look for people takes a permission that editors lack

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        return super().get_queryset(request).annotate(members_all=Count("members"))

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        options["queryset"] = User.objects.filter(Q(is_active=True, is_staff=True) | Q(teams__isnull=False)).distinct()
        return super().formfield_for_manytomany(db_field, request, **options)

    @admin.display(description="members", ordering="members_all")
    def member_count(self, team: Team) -> int:
        return team.members_all  # type: ignore[attr-defined]


@admin.register(Service)
class ServiceAdmin(AuditedAdmin):
    list_display = ["name", "slug", "tier", "owner"]
    list_filter = ["tier", "owner"]
    search_fields = ["name", "slug"]
    list_select_related = ["owner"]
    autocomplete_fields = ["owner"]
    fields = ["name", "slug", "tier", "owner", "repository_url"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [EnvironmentInline]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        ensure_default_environment(form.instance)
