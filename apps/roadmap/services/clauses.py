"""Splitting a criterion into clauses that are proven each on its own."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from apps.audit import services as audit
from apps.common.clock import now
from apps.roadmap.engines.chosen_clauses import check_clauses, clauses_of, is_clause_of
from apps.roadmap.engines.clauses import propose_clauses
from apps.roadmap.exceptions import BindingRefused, CriterionChanged
from apps.roadmap.models import Binding, Criterion
from apps.roadmap.services.binding import accept_binding, check_binding
from apps.roadmap.services.history import remember


@transaction.atomic
def choose_clauses(*, criterion: Criterion, clauses: Sequence[str], actor: Any = None) -> Criterion:
    """Split the criterion like that; no clauses let its semicolons split it again.

    Raises ClausesRefused, and CriterionChanged when its words are not those the caller saw.
    """
    clauses = [" ".join(clause.split()) for clause in clauses]
    if clauses:
        check_clauses(criterion.text, clauses)
    if not criterion.split_into(clauses):
        raise CriterionChanged("The words of the criterion were changed meanwhile: look at them, and split those.")
    remember(criterion, actor=actor)
    audit.record(action="criterion.split", subject=criterion, actor=actor, details={"clauses": clauses})
    return criterion


@transaction.atomic
def accept_for_clause(*, binding: Binding, clause: str, actor: Any = None) -> Binding:
    """The check proves one clause and not the whole; a proposed split is taken over with it.

    Raises BindingRefused, BindingDecided and CriterionChanged.
    """
    # Held before the audit trail's lock, which the split below takes: whoever decides about it takes them so too.
    binding.refresh_from_db(from_queryset=Binding.objects.select_for_update())
    criterion = binding.criterion
    if not is_clause_of(clause, criterion.text, criterion.clauses):
        proposed = propose_clauses(criterion.text).clauses
        if clause not in proposed:
            known = "; ".join(clauses_of(criterion.text, criterion.clauses))
            raise BindingRefused(f"The criterion has no such clause. It has: {known}.")
        choose_clauses(criterion=criterion, clauses=proposed, actor=actor)
    binding.clause = clause
    if not binding.is_accepted:
        binding.save(update_fields=["clause"])
        return accept_binding(binding=binding, actor=actor)
    check_binding(binding)
    binding.decided_words, binding.decided_at, binding.decided_by = criterion.text, now(), actor
    binding.save()
    details = {"clause": clause, "verifier": binding.verifier_key}
    audit.record(action="binding.narrowed", subject=binding, actor=actor, details=details)
    return binding
