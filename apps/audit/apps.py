"""The audit app."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Who did what, when."""

    name = "apps.audit"
    label = "audit"
    verbose_name = "Audit trail"
