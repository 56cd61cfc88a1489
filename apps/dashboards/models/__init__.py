"""What the pages remember for people."""

from apps.dashboards.models.report_schedules import DigestRefusal, DigestRun, MailRun, ReportRun, ReportSchedule
from apps.dashboards.models.saved_views import SavedView

__all__ = ["DigestRefusal", "DigestRun", "MailRun", "ReportRun", "ReportSchedule", "SavedView"]
