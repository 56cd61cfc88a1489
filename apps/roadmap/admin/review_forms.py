"""What is posted to the pages of a review."""

from typing import Any

from django import forms
from django.http import HttpRequest, QueryDict

from apps.common.numbers import read_numbers
from apps.roadmap.engines.corrections import Becomes
from apps.roadmap.engines.marks import Claim
from apps.roadmap.selectors.readings import ReviewLine


class LineForm(forms.Form):
    """What a line is, and what it says. What is left as it was read is not corrected."""

    becomes = forms.ChoiceField(label="This is", choices=Becomes)
    text = forms.CharField(widget=forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"}), required=False)
    claim = forms.ChoiceField(choices=[("", "As it was read"), *Claim.choices], required=False)
    owner = forms.CharField(max_length=200, required=False, help_text="A team; several with a plus: QA + Core.")
    target = forms.CharField(max_length=50, required=False, help_text="2026-03-31, March 2026 or Q1 2026.")


class LinesForm(forms.Form):
    """Several lines that are the same."""

    revision = forms.IntegerField()
    becomes = forms.ChoiceField(choices=Becomes)
    line = forms.TypedMultipleChoiceField(coerce=int, error_messages={"required": "Choose lines first."})

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        given = read_numbers(data.getlist("line"))
        self.fields["line"].choices = [(value, value) for value in given]  # type: ignore[attr-defined]


def chosen_lines(request: HttpRequest) -> QueryDict:
    """The lines with a tick; or the plain items of one list, which their button calls tasks."""
    posted = request.POST.copy()
    if "bullets" in posted:
        posted.setlist("line", str(posted["bullets"]).split())
        posted["becomes"] = Becomes.TASK
    return posted


def values_of(line: ReviewLine) -> dict[str, Any]:
    """What was read of a line, and what a person put right before."""
    kept = dict(line.correction.values) if line.correction else {}
    if not line.readings:
        return {"becomes": line.becomes or Becomes.PROSE, "kept": kept}
    reading = line.readings[0]
    read = {"text": reading.words, "claim": reading.claim, "owner": reading.owner, "target": reading.target}
    return {"becomes": line.becomes, **read, "kept": kept}
