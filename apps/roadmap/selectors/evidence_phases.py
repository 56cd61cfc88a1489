"""The evidence of one criterion over time, exact to the instant at which it turned."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from apps.evidence.freshness import EvidenceState, worst_state
from apps.evidence.models import ObservationRecord
from apps.evidence.register import UnknownVerifier, find_verifier
from apps.evidence.selectors import Newest, Seen, newest_observations, observations_recorded
from apps.roadmap.models import Binding
from apps.roadmap.selectors.binding_evidence import ERROR_HOLDS, evidence_of, key_of, time_to_live
from apps.roadmap.selectors.statuses import CriterionStatus, Readiness

MOST_OBSERVATIONS = 3000


@dataclass(frozen=True)
class Phase:
    """From an instant until another, the evidence was in one state; the observation that began it, if one did."""

    starts_at: datetime
    ends_at: datetime
    state: EvidenceState
    observation: ObservationRecord | None = None


@dataclass(frozen=True)
class EvidencePhases:
    """The phases from the first instant on, one after the other, and everything that was seen between."""

    phases: tuple[Phase, ...]
    observations: tuple[ObservationRecord, ...]


def evidence_phases(status: CriterionStatus, known: Readiness, *, since: datetime) -> EvidencePhases:
    """How the criterion's evidence turned since then, as its bindings ask now; in two queries.

    Where more was seen than can be shown, the phases begin later.
    """
    bindings = [each.binding for each in status.bindings]
    keys = {key_of(binding, known.environment) for binding in bindings}
    seen = observations_recorded(keys, after=since, until=known.at, at_most=MOST_OBSERVATIONS)
    if len(seen) == MOST_OBSERVATIONS:
        since = seen[0].recorded_at
    story = _Story(bindings, status, known, newest_observations(keys, since))
    return EvidencePhases(tuple(_joined(story.phases(seen, since))), tuple(seen))


class _Story:
    """What is known, one observation after the other."""

    def __init__(self, bindings: Sequence[Binding], status: CriterionStatus, known: Readiness, newest: Newest) -> None:
        self._bindings, self._known, self._newest = bindings, known, newest
        self._keys = {binding.pk: key_of(binding, known.environment) for binding in bindings}
        self._ttl = dict(_times_to_live(bindings))
        self._uncovered = [EvidenceState.UNBOUND for _ in status.uncovered]

    def phases(self, seen: Sequence[ObservationRecord], since: datetime) -> Iterator[Phase]:
        starts = [(since, None), *((record.recorded_at, record) for record in seen)]
        for (at, record), (until, _) in pairwise([*starts, (self._known.at + timedelta.resolution, None)]):
            if record is not None:
                self._learn(record)
            turns = [at, *sorted(turn for turn in self._turns() if at < turn < until)]
            for number, (start, end) in enumerate(pairwise([*turns, until])):
                if start < end:
                    yield Phase(start, end, self._state(start), None if number else record)

    def _learn(self, record: ObservationRecord) -> None:
        newest = self._newest.errors if record.error else self._newest.answers
        seen = Seen.of(record)
        before = newest.get(seen.key)
        if before is None or (before.observed_at, before.pk) < (seen.observed_at, seen.pk):
            newest[seen.key] = seen

    def _turns(self) -> Iterator[datetime]:
        """When time alone turns the evidence, as far as is known."""
        for binding in self._bindings:
            key = self._keys[binding.pk]
            answer, error = self._newest.answers.get(key), self._newest.errors.get(key)
            ttl = self._ttl[binding.pk]
            if answer:
                yield answer.observed_at + ttl
            if error:
                yield error.observed_at + ttl
                yield error.observed_at + ERROR_HOLDS + timedelta.resolution

    def _state(self, at: datetime) -> EvidenceState:
        states = (evidence_of(each, self._keys[each.pk], self._newest, at).state for each in self._bindings)
        return worst_state([*states, *self._uncovered])


def _times_to_live(bindings: Sequence[Binding]) -> Iterator[tuple[int, timedelta]]:
    """That of each binding. Without its verifier nothing turns: it is in error all the time."""
    for binding in bindings:
        try:
            yield binding.pk, time_to_live(binding, find_verifier(binding.verifier_key))
        except UnknownVerifier:
            yield binding.pk, timedelta(0)


def _joined(phases: Iterator[Phase]) -> Iterator[Phase]:
    """The phases, those of one state as one."""
    present: Phase | None = None
    for phase in phases:
        if present and present.state is phase.state:
            present = Phase(present.starts_at, phase.ends_at, present.state, present.observation)
            continue
        if present:
            yield present
        present = phase
    if present:
        yield present
