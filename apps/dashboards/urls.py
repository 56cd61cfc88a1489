"""Addresses of the pages across subjects. They lie inside the admin's, and before them."""

from django.contrib import admin
from django.urls import path

from apps.dashboards.views import portfolio, readiness, waivers

app_name = "dashboards"
urlpatterns = [
    path("", admin.site.admin_view(portfolio.portfolio), name="portfolio"),
    path("readiness/<slug:slug>/", admin.site.admin_view(readiness.readiness), name="readiness"),
    path("readiness/<slug:slug>/check/", admin.site.admin_view(readiness.check), name="check"),
    path("roadmap/waiver/calendar/", admin.site.admin_view(waivers.calendar), name="waivers"),
]
