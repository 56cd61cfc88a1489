"""The form of a policy's next version."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from apps.roadmap.models import GatePolicy
from apps.roadmap.models.policies import KNOWN_KINDS, KNOWN_REQUIREMENTS
from apps.roadmap.selectors.policies import newest_version

WEIGHTS = ["open_critical_risk", "import_conflict", "placeholder", "owner_missing", "overdue", "weak_trust"]
RULES = [*WEIGHTS, "minimum_trust", "met_without_claim_passes", "requirement_by_kind", "requirement_by_milestone"]


class RequirementsField(forms.CharField):
    """What is required, one on a line: `M6: recommended`."""

    widget = forms.Textarea(attrs={"rows": 2, "cols": 60})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(f"{name}: {each}" for name, each in value.items()) if isinstance(value, dict) else value

    def clean(self, value: Any) -> Any:
        lines = [line.strip() for line in (super().clean(value) or "").splitlines() if line.strip()]
        parts = [line.rpartition(":") for line in lines]
        wrong = [line for line, (name, _, each) in zip(lines, parts, strict=True) if not (name and each.strip())]
        if wrong:
            raise ValidationError(f"“{wrong[0]}” is not like “M6: recommended”.")
        return {name.strip(): each.strip().lower().replace(" ", "_") for name, _, each in parts}


class PolicyForm(forms.ModelForm):
    """The next version. It carries the number of the one that its author saw."""

    expected = forms.IntegerField(widget=forms.HiddenInput, required=False)
    requirement_by_kind = RequirementsField(
        required=False,
        help_text=f"One on a line, such as “success_metric: recommended”. Kinds: {', '.join(sorted(KNOWN_KINDS))}. "
        f"Each is one of: {', '.join(KNOWN_REQUIREMENTS)}.",
    )
    requirement_by_milestone = RequirementsField(
        required=False, help_text="By code or title, such as “M6: recommended”. It goes before the kind."
    )

    class Meta:
        model = GatePolicy
        fields = ["service", "environment", *RULES, "comment"]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.get("service") and values.get("expected") is not None:
            newest = newest_version(values["service"], values.get("environment"))
            if (newest.number if newest else 0) != values["expected"]:
                raise ValidationError("Somebody else changed the policy meanwhile, or you chose another environment.")
        return values
