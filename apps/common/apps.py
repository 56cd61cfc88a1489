"""The common app."""

from django.apps import AppConfig


class CommonConfig(AppConfig):
    """Ground that every app stands on."""

    name = "apps.common"
    label = "common"
    verbose_name = "Common"
