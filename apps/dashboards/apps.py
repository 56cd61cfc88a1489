"""The dashboards app."""

from django.apps import AppConfig


class DashboardsConfig(AppConfig):
    """Staff pages across subjects."""

    name = "apps.dashboards"
    label = "dashboards"
    verbose_name = "Dashboards"
