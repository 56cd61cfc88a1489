"""The site object behind `/admin/`."""

from django.contrib import admin


class SeaworthyAdminSite(admin.AdminSite):
    """Names the site. Its pages are in templates/admin/."""

    site_header = "Seaworthy"
    site_title = "Seaworthy"
    index_title = "Everything"
    enable_nav_sidebar = True
