"""The evidence app."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class EvidenceConfig(AppConfig):
    """Verifiers, observations, and how they are judged."""

    name = "apps.evidence"
    label = "evidence"
    verbose_name = "Evidence"

    def ready(self) -> None:
        autodiscover_modules("verifiers")
