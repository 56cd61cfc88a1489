"""The questions that drills ask, on the page of their database."""

from django.contrib import admin
from django.forms import BaseInlineFormSet

from apps.backups import services
from apps.backups.models import Check, CheckKind


class CheckFormSet(BaseInlineFormSet):
    """Refuses what the source itself would not answer, before a drill stumbles over it."""

    def clean(self) -> None:
        super().clean()
        for form in self.forms:
            is_given = form.has_changed() and not form.errors and form not in self.deleted_forms
            if is_given and self.instance.pk and (refusal := services.refusal_of(self.instance, form.instance)):
                form.add_error("sql" if form.instance.kind == CheckKind.SQL else "table", refusal)


class CheckInline(admin.StackedInline):
    model = Check
    formset = CheckFormSet
    extra = 0
    fields = [("name", "kind", "is_enabled"), "sql", ("table", "column", "value", "maximum_age")]
