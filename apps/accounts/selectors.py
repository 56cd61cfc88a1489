"""Questions about people."""

from django.db.models import Q, QuerySet

from apps.accounts.models import User


def people_who_may(permission: str) -> QuerySet[User]:
    """The active staff who hold the permission, such as `roadmap.approve_waiver`, by a role or by themselves."""
    app_label, _, codename = permission.partition(".")
    by_role = Q(groups__permissions__content_type__app_label=app_label, groups__permissions__codename=codename)
    own = Q(user_permissions__content_type__app_label=app_label, user_permissions__codename=codename)
    return User.objects.filter(by_role | own | Q(is_superuser=True), is_active=True, is_staff=True).distinct()
