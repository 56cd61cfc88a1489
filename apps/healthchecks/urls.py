"""Addresses of the health endpoints."""

from django.urls import path

from apps.healthchecks import views

app_name = "healthchecks"
urlpatterns = [
    path("livez", views.livez, name="livez"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.metrics, name="metrics"),
    path("healthz", views.healthz, name="healthz"),
]
