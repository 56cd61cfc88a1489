"""Who is signed in, and what they may do."""

from typing import Any

from django.contrib.auth.backends import ModelBackend

from apps.accounts.selectors import permissions_of


class StaffBackend(ModelBackend):
    """Django's own; only that everything a person may do is asked at once, on each request anew."""

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """The names of the person's permissions. An account that was switched off has none."""
        if obj is None and user_obj.is_active and not user_obj.is_anonymous and not hasattr(user_obj, "_perm_cache"):
            user_obj._perm_cache = permissions_of(user_obj)
        return super().get_all_permissions(user_obj, obj)
