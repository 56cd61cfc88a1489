"""All addresses, one line an app."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

admin.autodiscover()

urlpatterns = [
    path("admin/", include("apps.dashboards.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("config.api")),
    path("", include("apps.healthchecks.urls")),
    path("", RedirectView.as_view(pattern_name="admin:index")),
]

handler500 = "apps.security.views.server_error"
