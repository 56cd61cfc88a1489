"""The audit trail in the admin."""

from django.contrib import admin

from apps.audit import people_admin  # noqa: F401  registers people, roles and tokens
from apps.audit.audited_admin import ReadOnlyAdmin
from apps.audit.models import AuditEvent


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ["at", "actor_label", "action", "subject_label"]
    list_filter = ["action", "subject_type"]
    search_fields = ["actor_label", "subject_label", "subject_id", "request_id"]
    date_hierarchy = "at"
    show_full_result_count = False
