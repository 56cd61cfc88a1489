"""Questions about people."""

from django.db import connection
from django.db.models import Q, QuerySet

from apps.accounts.models import User
from apps.common.columns import columns_of, read_rows

_PERMISSIONS = f"""
SELECT {columns_of(User, "person")}, ARRAY(
    SELECT content_type.app_label || '.' || permission.codename
    FROM auth_permission AS permission
    JOIN django_content_type AS content_type ON content_type.id = permission.content_type_id
    WHERE person.is_superuser OR permission.id IN (
        SELECT permission_id FROM accounts_user_user_permissions WHERE user_id = person.id
        UNION ALL
        SELECT of_role.permission_id FROM auth_group_permissions AS of_role
        JOIN accounts_user_groups AS role USING (group_id) WHERE role.user_id = person.id
    )
) AS permission_names
FROM accounts_user AS person WHERE person.id = %s
"""  # noqa: S608  the names of columns


def people_who_may(permission: str) -> QuerySet[User]:
    """The active staff who hold the permission, such as `roadmap.approve_waiver`, by a role or by themselves."""
    app_label, _, codename = permission.partition(".")
    by_role = Q(groups__permissions__content_type__app_label=app_label, groups__permissions__codename=codename)
    own = Q(user_permissions__content_type__app_label=app_label, user_permissions__codename=codename)
    return User.objects.filter(by_role | own | Q(is_superuser=True), is_active=True, is_staff=True).distinct()


def person_with_permissions(key: int) -> User | None:
    """The person, with what they may do by their roles and by themselves as `permission_names`, in one query."""
    return next(iter(read_rows(User, _PERMISSIONS, [key], then="permission_names")), None)


def permissions_of(person: User) -> set[str]:
    """What the person may do, by their roles and by themselves, as `app_label.codename`."""
    found = person_with_permissions(person.pk)
    return set(found.permission_names) if found else set()  # type: ignore[attr-defined]


def unread_notices_of(person: User) -> int:
    """How many notices the person has not read. Every page asks, so as plainly as can be."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_notice WHERE recipient_id = %s AND read_at IS NULL", [person.pk])
        return int(cursor.fetchone()[0])
