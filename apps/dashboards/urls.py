"""Addresses of the pages across subjects. They lie inside the admin's, and before them."""

from django.contrib import admin
from django.urls import path

from apps.dashboards.views import person, pictures, portfolio, readiness, reports, saved_views, waivers

app_name = "dashboards"
urlpatterns = [
    path("", admin.site.admin_view(portfolio.portfolio), name="portfolio"),
    path("readiness/<slug:slug>/", admin.site.admin_view(readiness.readiness), name="readiness"),
    path("readiness/<slug:slug>/check/", admin.site.admin_view(readiness.check), name="check"),
    path("readiness/<slug:slug>/report/", admin.site.admin_view(reports.service), name="report"),
    path("reports/portfolio/", admin.site.admin_view(reports.portfolio), name="portfolio_report"),
    path("lists/<str:name>/", admin.site.admin_view(reports.list_of), name="list"),
    path("readiness/<slug:slug>/pictures/", admin.site.admin_view(pictures.pictures), name="pictures"),
    path("roadmap/waiver/calendar/", admin.site.admin_view(waivers.calendar), name="waivers"),
    path("my-work/", admin.site.admin_view(person.work), name="my_work"),
    path("notices/", admin.site.admin_view(person.notices), name="notices"),
    path("notices/read/", admin.site.admin_view(person.read_all), name="read_notices"),
    path("notices/digest/", admin.site.admin_view(person.digest), name="digest"),
    path("notices/<int:pk>/read/", admin.site.admin_view(person.read_one), name="read_notice"),
    path("saved-views/", admin.site.admin_view(saved_views.save), name="save_view"),
    path("saved-views/<int:pk>/delete/", admin.site.admin_view(saved_views.delete), name="delete_view"),
]
