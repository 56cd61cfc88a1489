"""What is asked, on a page of its own, before many entries are changed at once."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from apps.catalog.models import Team


class OwnerForm(forms.Form):
    """Which team owns the chosen entries from now on."""

    owner = forms.ModelChoiceField(Team.objects.all(), required=False, empty_label="Nobody")


class TargetForm(forms.Form):
    """When the chosen milestones are to be reached."""

    target_on = forms.DateField(
        label="Target date", required=False, widget=forms.DateInput(attrs={"type": "date"}), help_text="Empty for none."
    )


def ask_and_apply(
    model_admin: admin.ModelAdmin,
    request: HttpRequest,
    queryset: QuerySet[Any],
    action: str,
    title: str,
    form_class: type[forms.Form],
    apply: Callable[[HttpRequest, QuerySet[Any], dict[str, Any]], None],
) -> HttpResponse | None:
    """Ask on a page of its own, then apply the answer to the chosen entries."""
    form = form_class(request.POST if "apply" in request.POST else None)
    if form.is_valid():
        apply(request, queryset, form.cleaned_data)
        return None
    context = {
        **model_admin.admin_site.each_context(request),
        "title": title,
        "opts": model_admin.opts,
        "form": form,
        "action": action,
        "entries": queryset,
        "checkbox_name": ACTION_CHECKBOX_NAME,
    }
    return TemplateResponse(request, "admin/roadmap/set_values.html", context)
