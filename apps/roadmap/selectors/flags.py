"""What a lead should know that contradicts nothing: owners missing, placeholders, dates gone by, lax checks."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress

from apps.common.exceptions import OperationError
from apps.common.wording import counted, days_in_words
from apps.evidence.register import find_verifier
from apps.roadmap.engines.suggesting import thresholds_not_asked
from apps.roadmap.engines.wording import quote
from apps.roadmap.models import Conflict, Criterion, Entry, Milestone
from apps.roadmap.selectors.statuses import CriterionStatus, Flag, FlagKind, MilestoneStatus


def find_flags(
    milestones: Sequence[MilestoneStatus], criteria: Sequence[CriterionStatus], conflicts: Iterable[Conflict] = ()
) -> tuple[Flag, ...]:
    """Every flag: those of milestones, those of criteria, then what is in conflict with a document."""
    of_milestones = [flag for status in milestones for flag in _of_milestone(status)]
    of_criteria = [flag for status in criteria for flag in _of_criterion(status)]
    by_key = {status.milestone.pk: status.milestone for status in milestones}
    return (*of_milestones, *of_criteria, *(flag for conflict in conflicts for flag in _of_conflict(conflict, by_key)))


def _of_conflict(conflict: Conflict, milestones: Mapping[int, Milestone]) -> Iterator[Flag]:
    entry, name = conflict.entry, conflict.document.name
    if not isinstance(entry, Entry):
        return  # it is gone
    key = entry.pk if isinstance(entry, Milestone) else getattr(entry, "milestone_id", None)
    sentence = f"The {conflict.field_words} of {quote(str(entry))} was changed both here and in {name}."
    criterion = entry if isinstance(entry, Criterion) else None
    milestone = milestones.get(key or 0)
    yield Flag(FlagKind.CONFLICT, sentence, "Settle which value holds.", milestone, criterion, conflict)


def _of_milestone(status: MilestoneStatus) -> Iterator[Flag]:
    milestone = status.milestone
    if status.is_overdue:
        late = days_in_words(status.days_late)
        yield Flag(FlagKind.OVERDUE, f"{milestone} is {late} late.", "Set a new target date, or close it.", milestone)
    if not status.owners:
        yield Flag(FlagKind.OWNER_MISSING, f"{milestone} has no owner.", "Name an owner.", milestone)


def _thresholds(status: CriterionStatus) -> Iterator[Flag]:
    for evidence in status.bindings:
        words = evidence.clause or status.criterion.text
        with suppress(OperationError):  # a verifier that is gone, or a rule that is malformed, is an error already
            verifier = find_verifier(evidence.verifier_key)
            for missing in thresholds_not_asked(words, verifier, evidence.binding.rule or verifier.default_rule):
                sentence = f"{quote(words)} says more than its check {verifier.key} asks: {missing}."
                yield Flag(FlagKind.THRESHOLD, sentence, "Change the check's rule.", status.milestone, status.criterion)


def _changed_words(status: CriterionStatus) -> Iterator[Flag]:
    """Checks that were accepted for words which the criterion no longer has."""
    name, where = quote(status.criterion.text), (status.milestone, status.criterion)
    for binding in (evidence.binding for evidence in status.bindings):
        if binding.lost_its_clause:
            sentence = f"{name} no longer says {quote(binding.clause)}, which {binding.verifier_key} proves."
            yield Flag(FlagKind.WORDS_CHANGED, sentence, "Bind the check to another clause, or decline it.", *where)
        elif binding.is_about_other_words:
            sentence = f"{name} said {quote(binding.decided_words)} when {binding.verifier_key} was accepted."
            yield Flag(FlagKind.WORDS_CHANGED, sentence, "Say whether the check still proves it.", *where)


def _of_criterion(status: CriterionStatus) -> Iterator[Flag]:
    criterion, milestone = status.criterion, status.milestone
    if not status.applies:
        return
    name = quote(criterion.text)
    if criterion.placeholders:
        yield Flag(
            FlagKind.PLACEHOLDER,
            f"{name} holds values that nobody has set.",
            "Write the number to reach.",
            milestone,
            criterion,
        )
    if milestone is None and not status.owners:  # a milestone without an owner is flagged itself
        yield Flag(FlagKind.OWNER_MISSING, f"{name} has no owner.", "Name an owner.", None, criterion)
    yield from _thresholds(status)
    yield from _changed_words(status)
    if status.suggestions:
        checks = counted(len(status.suggestions), "suggested check")
        yield Flag(
            FlagKind.SUGGESTION, f"{name} has {checks}.", "Accept or decline the suggestion.", milestone, criterion
        )
