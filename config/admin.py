"""The admin site: stock Django admin, under Seaworthy's name."""

from typing import Any

from django.contrib.admin import autodiscover
from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.admin.checks import check_admin_app, check_dependencies
from django.core import checks


class SeaworthyAdminConfig(SimpleAdminConfig):
    """Uses Seaworthy's own site, so that pages of other subjects can be reached from it.

    Its pages are loaded with the addresses: most commands and workers show none.
    """

    default_site = "config.admin_site.SeaworthyAdminSite"

    def ready(self) -> None:
        checks.register(check_dependencies, checks.Tags.admin)
        checks.register(check_pages, checks.Tags.admin)


def check_pages(app_configs: Any, **options: Any) -> list[checks.CheckMessage]:
    """The stock check of every page, which has to be loaded for it."""
    autodiscover()
    return check_admin_app(app_configs, **options)
