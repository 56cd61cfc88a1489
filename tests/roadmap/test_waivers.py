"""Asking for waivers, deciding about them, and what the database itself refuses."""

import threading
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.accounts.models import Notice, User
from apps.audit.models import AuditEvent
from apps.catalog.models import Team
from apps.catalog.services import ensure_service
from apps.common.clock import now
from apps.roadmap.exceptions import RoadmapError, WaiverDecided, WaiverRefused
from apps.roadmap.models import Criterion, Waiver
from apps.roadmap.selectors.waivers import active_waivers
from apps.roadmap.services.waiver_notices import announce_ends
from apps.roadmap.services.waivers import approve_waiver, deny_waiver, revoke_waiver
from apps.roadmap.tasks import announce_waivers
from tests.roadmap.evidence import DAY, NOW
from tests.roadmap.waiving import ask, waive

SECOND = timedelta(seconds=1)


def actions():
    return list(AuditEvent.objects.filter(action__startswith="waiver.").order_by("pk").values_list("action", flat=True))


def keys_of(person):
    return sorted(Notice.objects.filter(recipient=person).values_list("key", flat=True))


def test_a_request_waits_and_tells_those_who_may_approve(criterion, environment, sam, olga, eve):
    waiver = ask(criterion, environment, sam)
    assert (waiver.state, waiver.phase(NOW), waiver.starts_at) == ("requested", "requested", NOW)
    assert keys_of(olga) == [f"waiver:{waiver.pk}:requested"]
    assert keys_of(sam) == keys_of(eve) == []
    assert actions() == ["waiver.requested"]


def test_an_approval_is_recorded_and_told(criterion, environment, sam, olga):
    waiver = waive(criterion, environment, sam, olga)
    assert (waiver.state, waiver.decided_by, waiver.decided_at) == ("approved", olga, NOW)
    assert keys_of(sam) == [f"waiver:{waiver.pk}:approved"]
    assert actions() == ["waiver.requested", "waiver.approved"]


def test_nobody_approves_an_own_request(criterion, environment, olga):
    waiver = ask(criterion, environment, olga)
    with pytest.raises(WaiverRefused, match="somebody else has to approve it"):
        approve_waiver(waiver=waiver, actor=olga, at=NOW)
    with pytest.raises(IntegrityError, match="roadmap_waiver_approved_by_another"), transaction.atomic():
        Waiver.objects.update(state="approved", decided_by=olga, decided_at=NOW)
    assert Waiver.objects.get().state == "requested"


def test_whoever_asked_may_take_it_back(criterion, environment, sam):
    waiver = deny_waiver(waiver=ask(criterion, environment, sam), actor=sam, comment="Proven meanwhile.", at=NOW)
    assert waiver.state == "denied"
    assert keys_of(sam) == []


@pytest.mark.parametrize(("tier", "days"), [("A", 30), ("B", 60), ("C", 90)])
def test_the_longest_time_depends_on_the_tier(criterion, environment, sam, tier, days):
    type(criterion.service).objects.update(tier=tier)
    criterion.service.refresh_from_db()
    with pytest.raises(WaiverRefused, match=f"ends_at: a service of tier {tier} may be waived for {days} days"):
        ask(criterion, environment, sam, ends_at=NOW + days * DAY + SECOND)
    assert ask(criterion, environment, sam, ends_at=NOW + days * DAY).pk


def test_the_tier_of_the_day_of_approval_counts(criterion, environment, sam, olga):
    type(criterion.service).objects.update(tier="C")
    criterion.service.refresh_from_db()
    waiver = ask(criterion, environment, sam, ends_at=NOW + 80 * DAY)
    criterion.service.tier = "A"
    with pytest.raises(WaiverRefused, match="tier A"):
        approve_waiver(waiver=waiver, actor=olga, at=NOW)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"reason": "  "}, "reason: say why"),
        ({"compensating_control": ""}, "compensating_control: say what protects"),
        ({"reason_category": "mood"}, "reason_category: there is no 'mood'. There are: out_of_scope"),
        ({"ends_at": NOW}, "ends_at: the end is over"),
        ({"starts_at": NOW - SECOND}, "starts_at: a waiver does not reach into the past"),
        ({"starts_at": NOW + 3 * DAY, "ends_at": NOW + 2 * DAY}, "ends_at: a waiver ends after it starts"),
        ({"starts_at": NOW + 366 * DAY, "ends_at": NOW + 367 * DAY}, "starts_at: a waiver starts within 365 days"),
    ],
)
def test_it_refuses_what_makes_no_sense_and_leaves_no_trace(criterion, environment, sam, olga, fields, problem):
    with pytest.raises(WaiverRefused, match=problem):
        ask(criterion, environment, sam, **fields)
    assert (Waiver.objects.count(), Notice.objects.count(), actions()) == (0, 0, [])


def test_it_refuses_what_may_not_be_waived_then_and_later(criterion, environment, sam, olga):
    waiver = ask(criterion, environment, sam)
    criterion.is_waivable = False
    with pytest.raises(WaiverRefused, match="has to be proven"):
        approve_waiver(waiver=waiver, actor=olga, at=NOW)
    with pytest.raises(WaiverRefused, match="has to be proven"):
        ask(criterion, environment, sam)


def test_it_refuses_another_services_environment_and_vanished_criteria(criterion, environment, sam):
    with pytest.raises(WaiverRefused, match="environment: ledger production is not of the service 'payments'"):
        ask(criterion, ensure_service(slug="ledger").environments.get(), sam)
    criterion.orphaned_at = NOW
    with pytest.raises(WaiverRefused, match="vanished"):
        ask(criterion, environment, sam)


def test_one_request_at_a_time(criterion, environment, sam, olga):
    ask(criterion, environment, sam)
    with pytest.raises(WaiverRefused, match="waits for a decision already"):
        ask(criterion, environment, olga)


def test_an_extension_is_a_new_request_from_the_end_on(criterion, environment, sam, olga):
    first = waive(criterion, environment, sam, olga)
    with pytest.raises(WaiverRefused, match="it is waived until 12 Mar 2026, 12:00:00 UTC already"):
        ask(criterion, environment, sam, ends_at=first.ends_at + DAY)
    second = waive(criterion, environment, sam, olga, starts_at=first.ends_at, ends_at=first.ends_at + DAY)
    assert [each.phase(first.ends_at) for each in (first, second)] == ["lapsed", "active"]


def test_the_database_refuses_overlapping_waivers(criterion, environment, sam, olga):
    first = waive(criterion, environment, sam, olga)
    staging = environment.service.environments.create(name="staging")
    waive(criterion, staging, sam, olga)
    copy = {
        field.attname: getattr(first, field.attname) for field in Waiver._meta.concrete_fields if field.name != "id"
    }
    with pytest.raises(IntegrityError, match="roadmap_waiver_no_overlap"), transaction.atomic():
        Waiver.objects.create(**copy | {"starts_at": first.ends_at - SECOND, "ends_at": first.ends_at + DAY})
    assert Waiver.objects.create(**copy | {"starts_at": first.ends_at, "ends_at": first.ends_at + DAY}).pk


def test_a_decision_is_made_once(criterion, environment, sam, olga):
    stale = ask(criterion, environment, sam)
    deny_waiver(waiver=Waiver.objects.get(), actor=olga, comment="Prove it.", at=NOW)
    with pytest.raises(WaiverDecided, match="denied already, by Olga Operator"):
        approve_waiver(waiver=stale, actor=olga, at=NOW)
    assert keys_of(sam) == [f"waiver:{stale.pk}:denied"]


def test_a_second_approval_hears_of_the_first(criterion, environment, sam, olga):
    stale = ask(criterion, environment, sam)
    approve_waiver(waiver=Waiver.objects.get(), actor=olga, at=NOW)
    with pytest.raises(WaiverDecided, match="approved already, by Olga Operator"):
        approve_waiver(waiver=stale, actor=olga, at=NOW)


def test_an_end_that_passed_while_it_waited_cannot_be_approved(criterion, environment, sam, olga):
    waiver = ask(criterion, environment, sam)
    with pytest.raises(WaiverRefused, match="the end is over already"):
        approve_waiver(waiver=waiver, actor=olga, at=waiver.ends_at)


def test_what_has_lapsed_cannot_be_revoked(criterion, environment, sam, olga):
    waiver = waive(criterion, environment, sam, olga)
    with pytest.raises(WaiverDecided, match="The waiver is lapsed"):
        revoke_waiver(waiver=waiver, actor=olga, comment="Over.", at=waiver.ends_at)
    revoke_waiver(waiver=waiver, actor=olga, comment="Over.", at=waiver.ends_at - SECOND)
    assert (waiver.state, waiver.revoked_by) == ("revoked", olga)
    assert actions()[-1] == "waiver.revoked"


@pytest.mark.parametrize("refuse", [deny_waiver, revoke_waiver])
def test_a_refusal_says_why(criterion, environment, sam, olga, refuse):
    waiver = ask(criterion, environment, sam)
    with pytest.raises(WaiverRefused, match="comment: say why"):
        refuse(waiver=waiver, actor=olga, comment=" ", at=NOW)


def test_a_criterion_with_waivers_cannot_be_deleted(criterion, environment, sam):
    ask(criterion, environment, sam)
    with pytest.raises(IntegrityError):
        criterion.delete()


MOVES = ["ask", "approve", "approve own", "deny", "revoke", "wait"]


@settings(max_examples=25)
@given(st.lists(st.tuples(st.sampled_from(MOVES), st.integers(1, 40)), min_size=3, max_size=12))
def test_whatever_people_do_only_an_approval_by_another_waives(criterion, environment, sam, olga, moves):
    at = NOW
    with transaction.atomic():
        for move, number in moves:
            at += SECOND
            waiver = Waiver.objects.order_by("-pk").first()
            with suppress(RoadmapError), transaction.atomic():
                at = carry_out(move, number, waiver, at, criterion, environment, sam, olga)
            held = active_waivers([environment], at=at).values()
            active = Waiver.objects.filter(pk__in=[each.id for each in held])
            assert len(held) <= 1
            assert all(each.decided_by == olga and each.phase(at) == "active" for each in active)
            assert Waiver.objects.requested().count() <= 1
        transaction.set_rollback(True)


def carry_out(move, number, waiver, at, criterion, environment, sam, olga):
    if move == "wait":
        return at + number * DAY
    if move == "ask":
        ask(criterion, environment, sam, ends_at=at + number * DAY, at=at)
    elif waiver and move == "approve own":
        approve_waiver(waiver=waiver, actor=sam, at=at)
    elif waiver:
        decide = {"approve": approve_waiver, "deny": deny_waiver, "revoke": revoke_waiver}[move]
        decide(waiver=waiver, actor=olga, comment="So be it.", at=at)
    return at


@pytest.mark.django_db(transaction=True)
def test_of_two_approvers_at_once_one_decides():
    service = ensure_service(slug="payments")
    criterion = Criterion.objects.create(service=service, text="It restores.")
    sam, *approvers = [User.objects.create_user(f"{name}@example.org", is_staff=True) for name in ("sam", "a", "b")]
    ask(criterion, service.environments.get(), sam)
    copies, start, outcomes = [Waiver.objects.get() for _ in approvers], threading.Barrier(2), []

    def approve(waiver, approver):
        start.wait()
        try:
            approve_waiver(waiver=waiver, actor=approver, at=NOW)
            outcomes.append("approved")
        except WaiverDecided as error:
            outcomes.append(error.message)
        finally:
            connection.close()

    threads = [threading.Thread(target=approve, args=pair) for pair in zip(copies, approvers, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(outcomes)[1] == "approved"
    assert "The waiver is approved already, by " in sorted(outcomes)[0]
    assert AuditEvent.objects.filter(action="waiver.approved").count() == 1


def test_its_end_is_announced_a_week_and_a_day_before_and_when_it_comes(criterion, environment, sam, olga, eve):
    team = Team.objects.create(name="Core")
    team.members.add(eve)
    criterion.owners.add(team)
    waiver = waive(criterion, environment, sam, olga)
    end, told = waiver.ends_at, []
    for at in (end - 7 * DAY - SECOND, end - 7 * DAY, end - 6 * DAY, end - DAY, end - SECOND, end, end + DAY):
        told.append(announce_ends(at=at))
    assert told == [0, 2, 0, 2, 0, 2, 0]
    stages = [f"waiver:{waiver.pk}:{stage}" for stage in ("ends-in-a-day", "ends-in-a-week", "lapsed")]
    assert keys_of(eve) == stages
    assert Notice.objects.filter(recipient=eve).order_by("pk")[1].subject.startswith("The waiver ends in 1 day: A sea")


def test_the_tick_announces_what_has_lapsed(criterion, environment, sam, olga):
    waive(criterion, environment, sam, olga, at=now() - 9 * DAY, ends_at=now() - DAY)
    announce_waivers()
    announce_waivers()
    assert Notice.objects.filter(recipient=sam, key__endswith="lapsed").count() == 1


def test_a_short_waiver_has_no_early_warning_and_a_revoked_one_none(criterion, environment, sam, olga):
    waiver = waive(criterion, environment, sam, olga, ends_at=NOW + 3 * DAY)
    assert announce_ends(at=NOW + SECOND) == 0
    revoke_waiver(waiver=waiver, actor=olga, comment="Proven.", at=NOW + DAY)
    assert announce_ends(at=NOW + 3 * DAY) == 0


def test_owners_of_the_milestone_or_else_of_the_service_are_told(criterion, milestone, environment, sam, olga, eve):
    of_service, of_milestone = Team.objects.create(name="Service"), Team.objects.create(name="Milestone")
    of_service.members.add(olga)
    of_milestone.members.add(eve)
    type(criterion.service).objects.update(owner=of_service)
    waiver = waive(criterion, environment, sam, olga)
    announce_ends(at=waiver.ends_at - DAY)
    milestone.owners.add(of_milestone)
    announce_ends(at=waiver.ends_at)
    assert f"waiver:{waiver.pk}:ends-in-a-day" in keys_of(olga)
    assert keys_of(eve) == [f"waiver:{waiver.pk}:lapsed"]
