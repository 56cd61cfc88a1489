"""What is asked, on a page of its own, before many entries are changed at once."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from apps.accounts.models import User
from apps.catalog.models import Team
from apps.common.numbers import read_number
from apps.roadmap.models import Claim, Criterion, Label
from apps.roadmap.services.tracking import BulkChange

LEFT = ("", "As it is")
SEEN = "seen-"


class BulkForm(forms.Form):
    """What becomes of the chosen entries. Everything that is left empty stays as it is."""

    claim = forms.ChoiceField(required=False, choices=[LEFT, *Claim.choices])
    requirement = forms.ChoiceField(required=False, choices=[LEFT, *Criterion.Requirement.choices])
    owners = forms.ModelMultipleChoiceField(
        Team.objects.all(), required=False, label="Owners", help_text="In place of those it has."
    )
    disown = forms.BooleanField(required=False, label="No team owns it any more")
    target_on = forms.DateField(required=False, label="Target date", widget=forms.DateInput(attrs={"type": "date"}))
    shift_days = forms.IntegerField(
        required=False,
        label="Or move the target by so many days",
        min_value=-3650,
        max_value=3650,
        help_text="Less than 0 for earlier. What has no date keeps none.",
    )
    add_people = forms.ModelMultipleChoiceField(
        User.objects.filter(is_active=True, is_staff=True), required=False, label="Assign people"
    )
    remove_people = forms.ModelMultipleChoiceField(User.objects.all(), required=False, label="Take people off")
    add_labels = forms.ModelMultipleChoiceField(Label.objects.all(), required=False)
    remove_labels = forms.ModelMultipleChoiceField(Label.objects.all(), required=False)

    def __init__(self, model: type[Any], entries: QuerySet[Any], data: Any = None) -> None:
        super().__init__(data)
        names = {field.name for field in model._meta.get_fields()}
        for name in {"claim", "requirement", "target_on"} - names:
            del self.fields[name]
        if "target_on" not in names:
            del self.fields["shift_days"]
        keys = entries.values("pk")
        for name, related in (("remove_people", "assignees"), ("remove_labels", "labels")):
            field: Any = self.fields[name]
            field.queryset = field.queryset.filter(pk__in=model._default_manager.filter(pk__in=keys).values(related))
        for name in ("remove_people", "add_labels", "remove_labels"):
            if not self.fields[name].queryset.exists():  # type: ignore[attr-defined]
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        answer = self.cleaned_data
        if answer.get("target_on") and answer.get("shift_days"):
            self.add_error("shift_days", "Either a date, or a number of days.")
        if answer.get("owners") and answer.get("disown"):
            self.add_error("disown", "Either teams, or none.")
        if not self.errors and not any(answer.values()):
            raise forms.ValidationError("Choose what is to change.")
        return answer

    @property
    def change(self) -> BulkChange:
        return BulkChange(**self.cleaned_data)


def ask(model_admin: admin.ModelAdmin, request: HttpRequest, queryset: QuerySet[Any], form: BulkForm) -> HttpResponse:
    """The page that asks what becomes of the chosen entries."""
    seen = seen_versions(request.POST)
    entries = [*queryset]
    for entry in entries:
        entry.version = seen.get(entry.pk, entry.version)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": "Change several at once",
        "opts": model_admin.opts,
        "form": form,
        "action": "change_several",
        "entries": entries,
        "checkbox_name": ACTION_CHECKBOX_NAME,
        "seen": SEEN,
    }
    return TemplateResponse(request, "admin/roadmap/set_values.html", context)


def seen_versions(posted: Mapping[str, Any]) -> dict[int, int]:
    """The version that the person saw of each entry, from the hidden fields of the page."""
    shown = {name.removeprefix(SEEN): value for name, value in posted.items() if name.startswith(SEEN)}
    numbers = {read_number(key): read_number(value) for key, value in shown.items()}
    return {key: version for key, version in numbers.items() if key is not None and version is not None}
