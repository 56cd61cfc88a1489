"""The common app."""

from django.apps import AppConfig


class CommonConfig(AppConfig):
    """Ground that every app stands on."""

    name = "apps.common"
    label = "common"
    verbose_name = "Common"

    def ready(self) -> None:
        from apps.common.related_filter import use_related_filter

        use_related_filter()
