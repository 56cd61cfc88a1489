"""People, roles and tokens in the admin. Here, not in `accounts`, because their changes are audited."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.forms import AdminUserCreationForm
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.html import format_html

from apps.accounts.models import ApiToken, User
from apps.accounts.services import issue_token
from apps.audit import services
from apps.audit.audited_admin import AuditedAdmin, staff_user

admin.site.unregister(Group)


class UserCreationForm(AdminUserCreationForm):
    """Adds a person by e-mail address."""

    class Meta:
        model = User
        fields = ["email", "full_name", "is_staff", "groups"]


@admin.register(User)
class UserAdmin(AuditedAdmin, auth_admin.UserAdmin):
    add_form = UserCreationForm
    list_display = ["email", "full_name", "roles", "is_staff", "is_active", "last_login"]
    list_filter = ["is_staff", "is_active", "groups"]
    search_fields = ["email", "full_name"]
    ordering = ["email"]
    readonly_fields = ["last_login", "date_joined"]
    fieldsets = [
        (None, {"fields": ["email", "full_name", "password"]}),
        ("What this person may do", {"fields": ["is_active", "is_staff", "groups", "is_superuser"]}),
        ("Seen", {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (None, {"classes": ["wide"], "fields": ["email", "full_name", "usable_password", "password1", "password2"]}),
        ("What this person may do", {"fields": ["is_staff", "groups"]}),
    ]
    filter_horizontal = ["groups"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Every page is in the admin, so whoever is added is to sign in there."""
        return {"is_staff": True, **super().get_changeform_initial_data(request)}

    @admin.display(description="roles")
    def roles(self, user: User) -> str:
        return ", ".join(sorted(group.name for group in user.groups.all())) or "none"


@admin.register(Group)
class RoleAdmin(AuditedAdmin, auth_admin.GroupAdmin):
    list_display = ["name"]


@admin.register(ApiToken)
class ApiTokenAdmin(AuditedAdmin):
    list_display = ["name", "user", "hint", "created_at", "last_used_at", "expires_at", "revoked_at"]
    list_filter = ["user"]
    fields = ["name", "expires_at"]
    actions = ["revoke"]

    def save_model(self, request: HttpRequest, obj: ApiToken, form: ModelForm, change: bool) -> None:
        if change:
            return super().save_model(request, obj, form, change)
        token, secret = issue_token(user=staff_user(request), name=obj.name, expires_at=obj.expires_at)
        obj.pk, obj.user, obj.hint = token.pk, token.user, token.hint
        shown_once = format_html("Copy the token now; it is not shown again: <code>{}</code>", secret)
        return self.message_user(request, shown_once, messages.WARNING)

    @admin.action(permissions=["change"], description="Revoke the chosen tokens")
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        for token in queryset:
            if services.revoke_token(token=token, actor=request.user):
                self.message_user(request, f"Revoked {token}.")
