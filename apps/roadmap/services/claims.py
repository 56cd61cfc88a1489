"""What people say of an entry: who said it, and what it was before."""

from typing import Any

from django.db import transaction

from apps.audit import services as audit
from apps.roadmap.exceptions import ClaimChanged, UnknownClaim
from apps.roadmap.models import Claim
from apps.roadmap.models.entries import ClaimedEntry
from apps.roadmap.services.history import remember


@transaction.atomic
def set_claim(*, entry: ClaimedEntry, claim: str, expected: str, actor: Any = None) -> bool:
    """Say how far the entry is, if it still is where the caller saw it. False: nothing was to change.

    Raises ClaimChanged when somebody else was faster, and UnknownClaim.
    """
    if claim not in Claim.values:
        raise UnknownClaim(f"claim: there is no {claim!r}. There are: {', '.join(Claim.values)}.")
    if not entry.claim_as(claim, expected=expected):
        now = Claim(entry.claim).label.lower()
        raise ClaimChanged(f"“{entry}” is {now} by now; read it again before you change it.")
    if claim == expected:
        return False
    remember(entry, actor=actor)
    action = f"{entry._meta.model_name}.claimed"
    audit.record(action=action, subject=entry, actor=actor, details={"from": expected, "to": claim})
    return True
