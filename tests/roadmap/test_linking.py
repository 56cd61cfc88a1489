"""Milestones that wait for others, and entries with addresses on the web."""

from threading import Barrier, Thread

import pytest
from django.db import IntegrityError, connection, transaction

from apps.audit.models import AuditEvent
from apps.catalog.services import ensure_service
from apps.roadmap.exceptions import DependencyRefused, LinkRefused
from apps.roadmap.models import Dependency, Link, Milestone
from apps.roadmap.selectors.about import links_of, waits_for
from apps.roadmap.services.linking import add_dependency, add_link, remove_dependency, remove_link


@pytest.fixture
def chain(service):
    """M1 before M2 before M3, the last of another service."""
    other = ensure_service(slug="mail", name="Mail", tier="B")
    first, second = (Milestone.objects.create(service=service, code=code, title="Stage") for code in ("M1", "M2"))
    third = Milestone.objects.create(service=other, code="M3", title="Stage")
    add_dependency(predecessor=first, successor=second)
    add_dependency(predecessor=second, successor=third)
    return first, second, third


def test_a_milestone_waits_for_others_even_of_another_service(chain, olga):
    _, second, third = chain
    dependency = waits_for(third).get()
    assert dependency.predecessor == second

    remove_dependency(dependency=dependency, actor=olga)
    assert not waits_for(third).exists()
    assert AuditEvent.objects.first().details == {"waits_for": "M2 Stage", "milestone": second.pk}


def test_a_loop_is_refused_and_named(chain):
    first, _, third = chain
    with pytest.raises(DependencyRefused, match="“M1 Stage” → “M2 Stage” → “M3 Stage” → “M1 Stage”"):
        add_dependency(predecessor=third, successor=first)
    assert Dependency.objects.count() == 2


def test_neither_itself_nor_twice(chain):
    first, second, _ = chain
    with pytest.raises(DependencyRefused, match="itself"):
        add_dependency(predecessor=first, successor=first)
    with pytest.raises(DependencyRefused, match="already"):
        add_dependency(predecessor=first, successor=second)
    with pytest.raises(IntegrityError), transaction.atomic():
        Dependency.objects.create(predecessor=first, successor=first)


@pytest.mark.django_db(transaction=True)
def test_of_two_that_close_a_loop_at_once_one_is_refused(service):
    one, other = (Milestone.objects.create(service=service, code=code, title="Stage") for code in ("M1", "M2"))
    start, refused = Barrier(2), []

    def add(predecessor, successor):
        start.wait()
        try:
            add_dependency(predecessor=predecessor, successor=successor)
        except DependencyRefused as error:
            refused.append(error.message)
        finally:
            connection.close()

    threads = [Thread(target=add, args=pair) for pair in ((one, other), (other, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (Dependency.objects.count(), len(refused)) == (1, 1)


def test_a_link_is_added_and_removed(criterion, olga):
    link = add_link(entry=criterion, url=" https://example.org/runbook ", kind="runbook", title="Runbook", actor=olga)
    assert [(each.url, str(each), each.added_by) for each in links_of(criterion)] == [
        ("https://example.org/runbook", "Runbook", olga)
    ]
    remove_link(link=link, actor=olga)
    assert not links_of(criterion).exists()
    trail = AuditEvent.objects.filter(subject_type="roadmap.criterion").order_by("pk")
    assert [event.action for event in trail] == ["criterion.link_added", "criterion.link_removed"]


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "ftp://example.org/", "data:text/html,x", "/path", "", "http://", "https://a b/"]
)
def test_an_address_that_is_not_of_the_web_is_refused(criterion, url):
    with pytest.raises(LinkRefused, match="address:"):
        add_link(entry=criterion, url=url)
    assert not Link.objects.exists()


def test_the_same_address_is_kept_once(criterion, milestone):
    add_link(entry=criterion, url="https://example.org/")
    add_link(entry=milestone, url="https://example.org/")
    with pytest.raises(LinkRefused, match="already"):
        add_link(entry=criterion, url="https://example.org/")


def test_a_kind_that_there_is_not_is_refused(criterion):
    with pytest.raises(LinkRefused, match="kind:"):
        add_link(entry=criterion, url="https://example.org/", kind="poem")
