"""Labels in the admin."""

from django.contrib import admin

from apps.audit.audited_admin import AuditedAdmin
from apps.roadmap.models import Label


@admin.register(Label)
class LabelAdmin(AuditedAdmin):
    list_display = ["name", "colour"]
    list_editable = ["colour"]
    search_fields = ["name"]
