"""Where the pages of an object are."""

from functools import lru_cache

from django.db.models import Model
from django.urls import NoReverseMatch, get_script_prefix, reverse


def change_address(entry: Model) -> str:
    """The page of the object in the admin; empty where it has none."""
    return numbered_address(f"admin:{entry._meta.app_label}_{entry._meta.model_name}_change", entry.pk)


def numbered_address(name: str, number: int) -> str:
    """The address of that name for a row of this key; empty where there is none. A page asks for hundreds."""
    before, after = _around(name, get_script_prefix())
    return f"{before}{number}{after}" if before else ""


@lru_cache(maxsize=500)
def _around(name: str, prefix: str) -> tuple[str, str]:
    """What stands before and after the number. The prefix is what the address was found under."""
    try:
        before, _, after = reverse(name, args=[0]).rpartition("0")
    except NoReverseMatch:
        return "", ""
    return before, after
