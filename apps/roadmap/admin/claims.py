"""What may be said of many entries at once."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from apps.audit.audited_admin import staff_user
from apps.common.wording import counted
from apps.roadmap.admin.questions import BulkForm, ask, seen_versions
from apps.roadmap.admin.worked import WorkedAdmin
from apps.roadmap.exceptions import RoadmapError
from apps.roadmap.models import Claim
from apps.roadmap.services.tracking import Outcome, change_entries, claim_entries


class BulkActions(WorkedAdmin):
    """Adds the action that changes several entries at once."""

    actions = ["change_several"]

    @admin.action(permissions=["change"], description="Change several at once…")
    def change_several(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        form = BulkForm(self.model, queryset, request.POST if "apply" in request.POST else None)
        if not form.is_valid():
            return ask(self, request, queryset, form)
        seen = seen_versions(request.POST)
        try:
            outcome = change_entries(entries=queryset, change=form.change, seen=seen, actor=staff_user(request))
        except RoadmapError as error:
            form.add_error(None, error.message)
            return ask(self, request, queryset, form)
        self._tell_outcome(request, outcome)
        return None

    def _tell_outcome(self, request: HttpRequest, outcome: Outcome) -> None:
        name, names = str(self.opts.verbose_name), str(self.opts.verbose_name_plural)
        said = f"{counted(outcome.changed, name, names)} changed."
        if outcome.unchanged:
            said += f" {outcome.unchanged} had these values before."
        self.message_user(request, said)
        for overtaken in outcome.overtaken:
            self.message_user(request, f"{overtaken} It is left as it is.", messages.WARNING)


class ClaimActions(BulkActions):
    """Adds the actions of entries that people claim something of."""

    actions = ["mark_done", "mark_in_progress", "mark_todo", "mark_not_applicable", "change_several"]

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

    def tell(self, request: HttpRequest, changed: int, words: str) -> None:
        """Say how many were changed."""
        name = self.opts.verbose_name if changed == 1 else self.opts.verbose_name_plural
        verb = "is" if changed == 1 else "are"
        self.message_user(request, f"{changed} {name} {verb} now {words}." if changed else f"All were {words} before.")
