"""The proof of restore of a database: a page to print, and the same as a file, signed where a key is set."""

import json
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse

from apps.backups.engines.proof import CONTROLS
from apps.backups.models import Database
from apps.backups.selectors.proof import RestoreProof, restore_proof
from apps.backups.selectors.watching import begun_at
from apps.common.clock import now
from apps.common.exceptions import OperationError
from apps.evidence.engines.statements import sign_statement
from apps.evidence.services.exporting import signing_key

DAYS_SHOWN = 90


class PeriodForm(forms.Form):
    """From the beginning of a day to the end of another, in UTC."""

    since = forms.DateField(label="From", widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label="Last day", widget=forms.DateInput(attrs={"type": "date"}))

    def clean(self) -> dict[str, Any]:
        period = super().clean() or {}
        if period.get("since") and period.get("until") and period["until"] < period["since"]:
            raise forms.ValidationError("The last day is before the first one.")
        return period


def proof_page(request: HttpRequest, database: Database, context: dict[str, Any]) -> HttpResponse:
    """The proof for the period of the query, the last 90 days since the first backup unless it says one."""
    usual = _usual_period(database, now().date())
    form = PeriodForm(request.GET if "since" in request.GET or "until" in request.GET else usual)
    period = form.cleaned_data if form.is_valid() else usual
    proof = restore_proof(database, since=_midnight(period["since"]), until=_end(period["until"]))
    kind = request.GET.get("format", "")
    if kind in {"json", "dsse"}:
        return _file(proof, is_signed=kind == "dsse")
    shown = {**context, "title": "Proof of restore", "proof": proof, "form": form, "controls": CONTROLS}
    return TemplateResponse(request, "admin/backups/database/proof.html", shown | {"period": period})


def _usual_period(database: Database, today: date) -> dict[str, date]:
    begun, earliest = begun_at(database), today - timedelta(days=DAYS_SHOWN - 1)
    return {"since": max(begun.date(), earliest) if begun else earliest, "until": today}


def _file(proof: RestoreProof, *, is_signed: bool) -> HttpResponse:
    try:
        content = sign_statement(proof.statement, signing_key()) if is_signed else proof.statement
    except OperationError as error:
        return JsonResponse({"detail": error.message}, status=409)
    name = f"proof-of-restore-{proof.database}-{proof.until:%Y-%m-%d}.{'dsse' if is_signed else 'intoto'}.json"
    response = HttpResponse(json.dumps(content, indent=1), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _midnight(day: Any) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _end(day: Any) -> datetime:
    return min(_midnight(day) + timedelta(days=1), now())
