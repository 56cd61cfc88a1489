"""Whether encrypted backups can be read when it matters."""

from datetime import datetime, timedelta
from typing import Any

from apps.backups.models import Database
from apps.backups.selectors.custody import PROVEN_WITHIN, Custody, custody_of
from apps.backups.services.observing import KEY_CUSTODY
from apps.evidence.contract import Context, Observation, Parameters, Suggestion, Verifier
from apps.evidence.register import register

from .subjects import COUNT, PARAMETERS, SECONDS, counted, databases_in
from .wording import suggestion_from


class KeyCustody(Verifier):
    """Backups are encrypted to several keys, one of them offline, and each escrowed key was tried lately."""

    key = KEY_CUSTODY
    title = "Key custody"
    description = (
        "Backups are encrypted to two keys or more, one of them kept offline; each escrowed key decrypted a real "
        "backup in a drill of its own; no stored backup is encrypted to keys that nobody holds."
    )
    facts_schema = {
        "type": "object",
        "properties": {
            "databases": COUNT,
            "unencrypted_databases": COUNT,
            "recipients": {**COUNT, "description": "Of the database that has the fewest."},
            "offline_recipients": {**COUNT, "description": "Of the database that has the fewest."},
            "unproven_recipients": {**COUNT, "description": "Escrowed keys that never decrypted a backup."},
            "proof_age_seconds": {**SECONDS, "description": "Of the escrowed key that was tried longest ago."},
            "unreadable_backups": {**COUNT, "description": "Encrypted to keys that nobody holds."},
        },
        "required": [
            "databases",
            "unencrypted_databases",
            "recipients",
            "offline_recipients",
            "unproven_recipients",
            "unreadable_backups",
        ],
        "additionalProperties": False,
    }
    parameters_schema = PARAMETERS
    default_rule = {
        "all": [
            {"fact": "recipients", "operator": ">=", "value": 2},
            {"fact": "offline_recipients", "operator": ">=", "value": 1},
            {"fact": "unproven_recipients", "operator": "==", "value": 0},
            {"fact": "unreadable_backups", "operator": "==", "value": 0},
            {"fact": "proof_age_seconds", "operator": "<=", "value": PROVEN_WITHIN.total_seconds(), "unit": "s"},
        ]
    }
    default_ttl = timedelta(days=1)
    longest_ttl = timedelta(days=8)

    def collect(self, context: Context, parameters: Parameters) -> Observation:
        databases = databases_in(context, parameters)
        custodies = [custody_of(database) for database in databases]
        return Observation(
            facts=_facts(custodies, context.now),
            observed_at=context.now,
            subject=counted(databases),
            summary=_summary(databases, custodies, context.now),
            source=f"/admin/backups/database/{databases[0].pk}/change/",
        )

    def suggest(self, text: str) -> Suggestion | None:
        return suggestion_from(
            text,
            r"\b(?:key|keys)\b[^.;]{0,30}\b(?:custody|escrow\w*|recover\w*)\b",
            r"\bback-?ups?\b[^.;]{0,40}\bencrypt\w*",
            r"\bencrypt\w*[^.;]{0,40}\bback-?ups?\b",
        )


def _facts(custodies: list[Custody], at: datetime) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "databases": len(custodies),
        "unencrypted_databases": sum(not one.recipients for one in custodies),
        "recipients": min(len(one.recipients) for one in custodies),
        "offline_recipients": min(len(one.offline) for one in custodies),
        "unproven_recipients": sum(len(one.unproven) for one in custodies),
        "unreadable_backups": sum(len(one.unreadable) for one in custodies),
    }
    ages = [one.proof_age(at) for one in custodies]
    known = [age for age in ages if age is not None]
    if len(known) == len(ages):  # a key that was never tried has no age, which is not a small one
        facts["proof_age_seconds"] = max(known).total_seconds()
    return facts


def _summary(databases: list[Database], custodies: list[Custody], at: datetime) -> str:
    for database, custody in zip(databases, custodies, strict=True):
        if warnings := custody.warnings(at):
            return f"{database}: {warnings[0]}"
    fewest = min(custodies, key=lambda one: len(one.recipients))
    return f"{len(fewest.recipients)} keys, {len(fewest.offline)} of them offline, each tried"


register(KeyCustody())
