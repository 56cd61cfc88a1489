"""Where the pages of an object are."""

from django.db.models import Model
from django.urls import NoReverseMatch, reverse


def change_address(entry: Model) -> str:
    """The page of the object in the admin; empty where it has none."""
    try:
        return reverse(f"admin:{entry._meta.app_label}_{entry._meta.model_name}_change", args=[entry.pk])
    except NoReverseMatch:
        return ""
