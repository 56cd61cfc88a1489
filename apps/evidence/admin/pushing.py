"""Who may push evidence, in the admin: tokens with their scope, and the keys of those who sign."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminSplitDateTime
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from apps.accounts.services import issue_token
from apps.audit.audited_admin import AuditedAdmin, staff_user
from apps.audit.services import revoke_token
from apps.evidence.contract import Trust
from apps.evidence.models import SigningKey, TokenScope
from apps.evidence.register import all_verifiers


def pushed_verifiers() -> list[tuple[str, str]]:
    """The verifiers whose evidence is pushed, for choices."""
    return [(each.key, f"{each.title} ({each.key})") for each in all_verifiers() if each.trust == Trust.PUSHED]


class TokenScopeForm(forms.ModelForm):
    """Makes a token together with what it may push."""

    name = forms.CharField(max_length=100, help_text="What uses the token, such as the pipeline of payments.")
    expires_at = forms.SplitDateTimeField(
        label="Expires", required=False, widget=AdminSplitDateTime, help_text="Empty: never."
    )
    verifier_keys = forms.MultipleChoiceField(
        label="Evidence", choices=pushed_verifiers, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = TokenScope
        fields = ["service", "environment", "verifier_keys", "signing_keys"]
        widgets = {"signing_keys": forms.CheckboxSelectMultiple}

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if "signing_keys" in self.fields and not SigningKey.objects.exists():
            self.fields["signing_keys"].help_text = "There are none yet. With one chosen, only signed statements count."
        if self.instance.pk:
            self.initial["name"] = self.instance.token.name
            self.initial["expires_at"] = self.instance.token.expires_at


@admin.register(TokenScope)
class TokenScopeAdmin(AuditedAdmin):
    form = TokenScopeForm
    list_display = ["name", "service", "environment", "pushes", "last_used_at", "expires_at", "revoked_at"]
    list_filter = ["service"]
    list_select_related = ["token", "service", "environment__service"]
    fields = ["name", "service", "environment", "verifier_keys", "expires_at", "signing_keys"]
    actions = ["revoke"]

    def save_model(self, request: HttpRequest, obj: TokenScope, form: Any, change: bool) -> None:
        """Issue the token of a new scope, and show its secret once."""
        name, expires_at = form.cleaned_data["name"], form.cleaned_data["expires_at"]
        if change:
            obj.token.name, obj.token.expires_at = name, expires_at
            obj.token.save(update_fields=["name", "expires_at"])
        else:
            obj.token, secret = issue_token(user=staff_user(request), name=name, expires_at=expires_at)
            shown_once = format_html("Copy the token now; it is not shown again: <code>{}</code>", secret)
            self.message_user(request, shown_once, messages.WARNING)
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A token without a scope could do whatever its owner may: it is revoked instead."""
        return False

    @admin.display(description="name", ordering="token__name")
    def name(self, scope: TokenScope) -> str:
        return str(scope.token)

    @admin.display(description="pushes")
    def pushes(self, scope: TokenScope) -> str:
        return ", ".join(scope.verifier_keys)

    @admin.display(description="last used", ordering="token__last_used_at")
    def last_used_at(self, scope: TokenScope) -> Any:
        return scope.token.last_used_at

    @admin.display(description="expires", ordering="token__expires_at")
    def expires_at(self, scope: TokenScope) -> Any:
        return scope.token.expires_at

    @admin.display(description="revoked", ordering="token__revoked_at")
    def revoked_at(self, scope: TokenScope) -> Any:
        return scope.token.revoked_at

    @admin.action(permissions=["change"], description="Revoke the chosen tokens")
    def revoke(self, request: HttpRequest, queryset: QuerySet[TokenScope]) -> None:
        for scope in queryset.select_related("token"):
            if revoke_token(token=scope.token, actor=request.user):
                self.message_user(request, f"Revoked {scope.token}.")


@admin.register(SigningKey)
class SigningKeyAdmin(AuditedAdmin):
    list_display = ["name", "added_at", "revoked_at"]
    fields = ["name", "pem", "revoked_at"]
    search_fields = ["name"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What it signed stays known: a key is revoked instead."""
        return False
