"""The admin site: stock Django admin, under Seaworthy's name."""

from django.contrib.admin.apps import AdminConfig


class SeaworthyAdminConfig(AdminConfig):
    """Uses Seaworthy's own site, so that pages of other subjects can be reached from it."""

    default_site = "config.admin_site.SeaworthyAdminSite"
