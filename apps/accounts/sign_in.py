"""Who is signed in, and what they may do."""

from typing import Any

from django.contrib.auth.backends import ModelBackend

from apps.accounts.models import User
from apps.accounts.selectors import permissions_of, person_with_permissions


class StaffBackend(ModelBackend):
    """Django's own; only that everything a person may do is asked at once, on each request anew."""

    def get_user(self, user_id: Any) -> User | None:
        """The person who is signed in, and in the same query what they may do."""
        person = person_with_permissions(user_id)
        if person is None or not self.user_can_authenticate(person):
            return None
        person._perm_cache = set(person.permission_names)  # type: ignore[attr-defined]
        return person

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """The names of the person's permissions. An account that was switched off has none."""
        if obj is None and user_obj.is_active and not user_obj.is_anonymous and not hasattr(user_obj, "_perm_cache"):
            user_obj._perm_cache = permissions_of(user_obj)
        return super().get_all_permissions(user_obj, obj)
