"""Teams, services and environments in the admin."""

from django.contrib import admin

from apps.audit.audited_admin import AuditedAdmin
from apps.catalog.models import Environment, Service, Team


class EnvironmentInline(admin.TabularInline):
    model = Environment
    extra = 0


@admin.register(Team)
class TeamAdmin(AuditedAdmin):
    list_display = ["name", "email"]
    search_fields = ["name"]


@admin.register(Service)
class ServiceAdmin(AuditedAdmin):
    list_display = ["name", "slug", "tier", "owner"]
    list_filter = ["tier", "owner"]
    search_fields = ["name", "slug"]
    list_select_related = ["owner"]
    autocomplete_fields = ["owner"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [EnvironmentInline]
