"""Where the pages of an object are."""

from django.db.models import Model
from django.urls import NoReverseMatch, reverse


def change_address(entry: Model) -> str:
    """The page of the object in the admin; empty where it has none."""
    return _admin_address(entry, "change", [entry.pk])


def list_address(model: type[Model] | Model) -> str:
    """The page of all objects of the model in the admin; empty where it has none."""
    return _admin_address(model, "changelist", [])


def _admin_address(model: type[Model] | Model, page: str, arguments: list[object]) -> str:
    try:
        return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=arguments)
    except NoReverseMatch:
        return ""
