"""The catalog app."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """Teams, services and environments: what readiness is about."""

    name = "apps.catalog"
    label = "catalog"
    verbose_name = "Catalog"
