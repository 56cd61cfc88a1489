"""The healthchecks app."""

from django.apps import AppConfig


class HealthchecksConfig(AppConfig):
    """Seaworthy's own health, and monitors of services."""

    name = "apps.healthchecks"
    label = "healthchecks"
    verbose_name = "Health"
