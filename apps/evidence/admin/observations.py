"""Observations in the admin, to be read."""

from django.contrib import admin

from apps.audit.audited_admin import ReadOnlyAdmin
from apps.evidence.models import ObservationRecord


@admin.register(ObservationRecord)
class ObservationRecordAdmin(ReadOnlyAdmin):
    list_display = ["observed_at", "environment", "verifier_key", "summary", "error"]
    list_filter = ["verifier_key", "environment"]
    search_fields = ["summary", "error", "subject"]
    list_select_related = ["environment__service"]
    date_hierarchy = "observed_at"
    show_full_result_count = False
