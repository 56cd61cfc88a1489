"""The security app."""

from django.apps import AppConfig


class SecurityConfig(AppConfig):
    """The security baseline and its audits."""

    name = "apps.security"
    label = "security"
    verbose_name = "Security"

    def ready(self) -> None:
        from apps.security import checks  # noqa: F401  registers them
