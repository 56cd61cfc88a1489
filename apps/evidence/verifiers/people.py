"""What a person confirms by own knowledge."""

from datetime import timedelta

from apps.evidence.contract import Context, Facts, NothingYet, Observation, Parameters, Trust, Verifier
from apps.evidence.register import register
from apps.evidence.services.attesting import ATTESTATION
from apps.evidence.verifiers.pushed import facts


class Attestation(Verifier):
    """A statement that no machine can check, confirmed by a person who says how they know, and confirmed anew."""

    key = ATTESTATION
    title = "Attested by a person"
    description = "A person confirms the statement and says how they know. It has to be confirmed anew in time."
    facts_schema = facts(
        {
            "confirmed": {"type": "boolean"},
            "comment": {"type": "string", "minLength": 1, "maxLength": 2000},
            "by": {"type": "string", "minLength": 1, "maxLength": 254},
        }
    )
    parameters_schema = {
        "type": "object",
        "properties": {"statement": {"type": "string", "minLength": 1, "maxLength": 500}},
        "required": ["statement"],
        "additionalProperties": False,
    }
    default_rule = {"fact": "confirmed", "operator": "==", "value": True}
    default_ttl = timedelta(days=90)
    longest_ttl = timedelta(days=365)
    trust = Trust.ATTESTED

    def collect(self, context: Context, parameters: Parameters) -> Observation:
        raise NothingYet("Nobody has confirmed the statement yet: a person does so on the criterion's page.")

    def summarise(self, facts: Facts) -> str:
        return f"{'Confirmed' if facts['confirmed'] else 'Denied'} by {facts['by']}: {facts['comment']}"


register(Attestation())
