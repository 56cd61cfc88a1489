"""Telling people that an attestation runs out. It does so by the clock, whether or not anybody is told."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.urls import reverse

from apps.accounts.models import User
from apps.accounts.services import notify
from apps.catalog.models import Environment
from apps.common.clock import now
from apps.common.wording import about, instant_in_words
from apps.evidence.register import find_verifier
from apps.evidence.selectors import Seen, newest_observations
from apps.evidence.services.attesting import ATTESTATION
from apps.roadmap.models import Binding
from apps.roadmap.selectors.binding_evidence import key_of, time_to_live
from apps.roadmap.selectors.owners import owners_of

_AHEAD = timedelta(days=7)


def announce_attestations(*, at: datetime | None = None) -> int:
    """Tell the owners, and whoever confirmed it last, of each attestation that runs out soon; each of them once.

    Soon is a week, or a quarter of a shorter time to live. Gives the number of people who were told.
    """
    at = at or now()
    environments = {each.service_id: each for each in Environment.objects.filter(is_default=True)}
    bindings = [each for each in _attested_bindings() if each.criterion.service_id in environments]
    keys = {binding.pk: key_of(binding, environments[binding.criterion.service_id]) for binding in bindings}
    newest = newest_observations(set(keys.values()), at).answers
    return sum(_announce(each, newest[keys[each.pk]], at) for each in bindings if keys[each.pk] in newest)


def _attested_bindings() -> Iterable[Binding]:
    bindings = Binding.objects.accepted().filter(verifier_key=ATTESTATION, criterion__orphaned_at__isnull=True)
    return bindings.select_related("criterion__service", "criterion__milestone", "criterion__work_item__milestone")


def _announce(binding: Binding, record: Seen, at: datetime) -> int:
    ttl = time_to_live(binding, find_verifier(ATTESTATION))
    ends_at = record.observed_at + ttl
    if not ends_at - min(_AHEAD, ttl / 4) <= at < ends_at:
        return 0
    statement = binding.parameters.get("statement", "")
    return notify(
        recipients=[*owners_of(binding.criterion), *User.objects.filter(email=record.facts["by"])],
        key=f"attestation:{binding.pk}:{record.pk}",
        subject=f"An attestation runs out in {about(ends_at - at)}: {binding.criterion}",
        text=f"“{statement}” was confirmed by {record.facts['by']}; that counts until {instant_in_words(ends_at)}. "
        "Confirm it anew if it is still so.",
        path=reverse("admin:roadmap_criterion_evidence", args=[binding.criterion_id]),
        at=at,
    )
