"""What may be said of many entries at once."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from apps.audit.audited_admin import staff_user
from apps.roadmap.admin.entries import EntryAdmin
from apps.roadmap.admin.questions import OwnerForm, ask_and_apply
from apps.roadmap.models import Claim
from apps.roadmap.services.tracking import assign_owner, claim_entries


class ClaimActions(EntryAdmin):
    """Adds the actions of entries that people claim something of."""

    actions = ["mark_done", "mark_in_progress", "mark_todo", "mark_not_applicable", "set_owner"]

    @admin.action(permissions=["change"], description="Mark as done")
    def mark_done(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._claim(request, queryset, Claim.DONE)

    @admin.action(permissions=["change"], description="Mark as in progress")
    def mark_in_progress(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._claim(request, queryset, Claim.IN_PROGRESS)

    @admin.action(permissions=["change"], description="Mark as to do")
    def mark_todo(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._claim(request, queryset, Claim.TODO)

    @admin.action(permissions=["change"], description="Mark as not applicable")
    def mark_not_applicable(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._claim(request, queryset, Claim.NOT_APPLICABLE)

    def _claim(self, request: HttpRequest, queryset: QuerySet[Any], claim: Claim) -> None:
        changed = claim_entries(entries=queryset, claim=claim, actor=staff_user(request))
        self.tell(request, changed, claim.label.lower())

    @admin.action(permissions=["change"], description="Set the owner…")
    def set_owner(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return ask_and_apply(self, request, queryset, "set_owner", "Set the owner", OwnerForm, self._assign)

    def _assign(self, request: HttpRequest, queryset: QuerySet[Any], answer: dict[str, Any]) -> None:
        changed = assign_owner(entries=queryset, owner=answer["owner"], actor=staff_user(request))
        self.tell(request, changed, f"owned by {answer['owner'] or 'nobody'}")

    def tell(self, request: HttpRequest, changed: int, words: str) -> None:
        """Say how many were changed."""
        name = self.opts.verbose_name if changed == 1 else self.opts.verbose_name_plural
        verb = "is" if changed == 1 else "are"
        self.message_user(request, f"{changed} {name} {verb} now {words}." if changed else f"All were {words} before.")
