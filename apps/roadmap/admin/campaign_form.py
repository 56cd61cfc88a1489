"""The form of a campaign."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from apps.catalog.models import Tier
from apps.evidence.register import all_verifiers
from apps.roadmap.admin.bindings import RuleField
from apps.roadmap.admin.seen import SeenForm
from apps.roadmap.models import Campaign
from apps.roadmap.models.campaigns import WEEKDAYS


class CampaignForm(SeenForm):
    """Offers the checks that there are. What they cannot be asked, the model refuses by field."""

    verifier_key = forms.ChoiceField(
        label="Check", required=False, help_text="A service has it when an accepted check of this kind passes."
    )
    tiers = forms.MultipleChoiceField(choices=Tier, required=False, widget=forms.CheckboxSelectMultiple)
    reminder_weekdays: Any = forms.TypedMultipleChoiceField(
        label="Reminders on",
        choices=WEEKDAYS,
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Whoever owns a service that lacks it is told on the first of these days, once in a week.",
    )

    class Meta:
        model = Campaign
        exclude = ["ended_at", "ended_by"]
        field_classes = {"rule": RuleField}
        help_texts = {
            "parameters": 'Only checks that ask of these, as JSON: {"database": "orders"}. {} for all.',
            "rule": 'What must hold besides, as JSON: {"fact": "rto_seconds", "operator": "<=", "value": 900}.',
            "owner_teams": "Only services that these teams own. Empty for all.",
            "services": "Only these services. Empty for all.",
        }
        widgets = {name: forms.Textarea(attrs={"rows": 2}) for name in ("sentence", "parameters", "rule")}

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if "verifier_key" in self.fields:
            known = {each.key: f"{each.title} ({each.key})" for each in all_verifiers()}
            known.setdefault(self.instance.verifier_key, self.instance.verifier_key)
            known.pop("", None)
            choices = [("", "Any check of criteria with the words below"), *sorted(known.items())]
            self.fields["verifier_key"].choices = choices  # type: ignore[attr-defined]

    def clean_parameters(self) -> Any:
        """An empty box asks of everything."""
        parameters = self.cleaned_data["parameters"] or {}
        if not isinstance(parameters, dict):
            raise ValidationError('Give an object, such as {"database": "orders"}.')
        return parameters
