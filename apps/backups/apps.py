"""The backups app."""

from django.apps import AppConfig


class BackupsConfig(AppConfig):
    """Backups and the drills that prove them."""

    name = "apps.backups"
    label = "backups"
    verbose_name = "Backups"
