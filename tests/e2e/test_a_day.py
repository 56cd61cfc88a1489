"""One lead's day with a roadmap, in a real browser: from the first import to a sign-off that no longer counts."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page

from apps.accounts.models import User
from apps.catalog.models import Environment
from apps.common.clock import now
from apps.roadmap.models import Criterion, Document, Risk, SignOff, Task, Waiver
from apps.roadmap.services.policies import change_policy
from tests.browser import ORIGIN, Visit, chromium, visit  # noqa: F401  fixtures
from tests.evidence.pushing import make_pipeline
from tests.roadmap.deciding import group_of, team_of

pytestmark = pytest.mark.browser

ROAD = """# Payments goes live

## M1 Payments in production
- Owner: Platform
- Tasks
  - [x] Write the runbook
  - [ ] Rotate the keys
- Acceptance criteria
  - [x] All tests pass on main
  - [x] Everybody on call knows the runbook
  - [x] The second region takes over

## Tasks
- Maybe the queue overflows
"""
MAYBE = 14
DOWNLOAD = "net::ERR_ABORTED"  # how the browser calls a page that it saves instead of showing it


class Desk:
    """A window of the browser, with one person after the other before it. It keeps what the browser complains of."""

    def __init__(self, client: Client, page: Page) -> None:
        self.client, self.page, self.complaints = client, page, list[str]()
        page.on("console", lambda message: self._note(message.type == "error", message.text))
        page.on("pageerror", lambda error: self._note(True, str(error)))
        page.on("requestfailed", lambda request: self._note(request.failure != DOWNLOAD, str(request.failure)))
        page.on("response", lambda answer: self._note(answer.status >= 400, f"{answer.url}: {answer.status}"))

    def _note(self, is_complaint: bool, words: str) -> None:
        if is_complaint:
            self.complaints.append(words)

    def sit(self, person: User, name: str, *arguments: Any) -> None:
        """The person signs in and opens a page."""
        self.client.force_login(person)
        self.page.goto(ORIGIN + reverse(name, args=arguments))

    def press(self, button: str) -> None:
        self.page.get_by_role("button", name=button, exact=True).first.click()

    def follow(self, link: str) -> None:
        self.page.get_by_role("link", name=link, exact=True).first.click()

    def fill(self, label: str, words: str) -> None:
        self.page.get_by_label(label).fill(words)

    def choose(self, label: str, option: str) -> None:
        self.page.get_by_label(label).select_option(label=option)

    def sees(self, words: str) -> None:
        """Wait until the page says so."""
        self.page.get_by_text(words).filter(visible=True).first.wait_for()


@pytest.fixture
def lena(db: None) -> User:
    """Lena leads: she edits the roadmap, and others approve."""
    lena = User.objects.create_user("lena@example.org", "correct horse battery", full_name="Lena Lead", is_staff=True)
    lena.groups.add(Group.objects.get(name="editor"))
    return lena


@pytest.fixture
def anna(db: None) -> User:
    """Anna approves."""
    anna = User.objects.create_user("anna@example.org", "correct horse battery", full_name="Anna Okay", is_staff=True)
    anna.groups.add(Group.objects.get(name="approver"))
    return anna


@pytest.fixture
def sam(sam: User) -> User:
    """Sam signs for security."""
    sam.groups.add(Group.objects.get(name="editor"))
    return sam


@pytest.fixture
def policy(environment: Environment, olga: User, anna: User, sam: User) -> None:
    """Two roles have to sign."""
    roles = [
        {"name": "SRE", "group": group_of("sre", anna)},
        {"name": "Security", "team": team_of("Security", sam)},
    ]
    change_policy(
        service=environment.service, environment=environment, fields={}, roles=roles, comment="Agreed.", actor=olga
    )


@pytest.fixture
def desk(visit: Visit, client: Client, lena: User) -> Desk:  # noqa: F811  pytest's way
    client.force_login(lena)
    desk = Desk(client, visit("/admin/my-work/"))
    desk.page.set_default_timeout(45_000)  # a busy machine is slow, which is no failure
    return desk


def test_the_whole_day(
    desk: Desk, lena: User, anna: User, sam: User, environment: Environment, policy: None, tmp_path: Path
) -> None:
    import_with_preview(desk, lena, ROAD)
    correct_the_doubtful_line(desk)
    assign(desk, lena, sam)
    prove_two_criteria(desk, lena, anna, environment)
    waive_the_third(desk, lena, anna, environment)
    sign(desk, anna, environment, "SRE")
    sign(desk, sam, environment, "Security")
    desk.sees("Go, with waivers")
    exported = export(desk, lena, tmp_path)
    import_with_preview(desk, lena, exported.replace("[~] Rotate the keys", "[x] Rotate the keys"))
    settle(desk, lena)
    see_the_sign_off_superseded(desk, anna, environment)
    assert desk.complaints == []


def import_with_preview(desk: Desk, person: User, text: str) -> None:
    desk.sit(person, "admin:roadmap_document_add")
    desk.choose("Service", "Payments API")
    file = {"name": "road.md", "mimeType": "text/markdown", "buffer": text.encode()}
    desk.page.set_input_files("input[type=file]", file)
    desk.press("Look ahead")
    desk.sees("Nothing is written yet")
    desk.press("Import")
    desk.sees("Imported road.md")


def correct_the_doubtful_line(desk: Desk) -> None:
    desk.page.locator(f"#line-{MAYBE}").get_by_role("link", name="Correct").click()
    desk.choose("This is", "Risk")
    desk.press("Save the correction")
    desk.page.locator(f"#line-{MAYBE}").get_by_text("Corrected").wait_for()
    assert Risk.objects.current().get().title == "Maybe the queue overflows"


def assign(desk: Desk, lena: User, sam: User) -> None:
    """An owner and a person at once, and work that begins."""
    desk.sit(lena, "admin:roadmap_task_changelist")
    desk.page.get_by_role("row").filter(has_text="Rotate the keys").locator(".action-select").check()
    desk.page.locator("select[name=action]").select_option("change_several")
    desk.press("Go")
    desk.choose("Claim", "In progress")
    desk.choose("Owner", "Security")
    desk.choose("Assign people", str(sam))
    desk.press("Change")
    desk.sees("1 task changed.")
    task = Task.objects.get(text="Rotate the keys")
    assert (task.claim, task.owners.get().name, [*task.assignees.all()]) == ("in_progress", "Security", [sam])


def criterion(words: str) -> Criterion:
    return Criterion.objects.get(text__contains=words)


def prove_two_criteria(desk: Desk, lena: User, anna: User, environment: Environment) -> None:
    """One by its build, as its words suggest; one by what a person knows."""
    known = criterion("Everybody on call")
    desk.sit(lena, "admin:roadmap_criterion_evidence", known.pk)
    desk.follow("Bind to a check")
    desk.page.get_by_label("Check:").select_option("human.attestation")
    desk.page.locator("summary", has_text="Asked otherwise than usual").click()
    desk.fill("Parameters", '{"statement": "Everybody on call knows the runbook"}')
    desk.press("Save")
    desk.sees("waits for somebody to accept it")
    for each in (known, criterion("All tests pass")):
        desk.sit(anna, "admin:roadmap_criterion_evidence", each.pk)
        desk.press("Accept")
        desk.sees("Checks that count")
    pushed = make_pipeline(environment.service, lena).push()
    assert pushed.status_code == 201, pushed.content
    desk.sit(lena, "admin:roadmap_criterion_evidence", known.pk)
    desk.fill("How do you know?", "I asked each of them.")
    desk.press("Confirm")
    desk.sees("Verified")
    desk.sit(lena, "admin:roadmap_criterion_evidence", criterion("All tests pass").pk)
    desk.sees("Verified")


def waive_the_third(desk: Desk, lena: User, anna: User, environment: Environment) -> None:
    third = criterion("The second region")
    desk.sit(lena, "admin:roadmap_criterion_evidence", third.pk)
    desk.follow("Request a waiver")
    desk.choose("Kind of reason", "Business priority")
    desk.fill("Why it cannot be proven in time", "The region opens next month.")
    desk.fill("What protects production until then", "Somebody watches.")
    desk.fill("Last day", (now() + timedelta(days=5)).date().isoformat())
    desk.press("Ask for it")
    desk.sees("Asked for by")
    waiver = Waiver.objects.get()
    desk.sit(anna, "admin:roadmap_waiver_change", waiver.pk)
    desk.fill("Comment", "Until the region is there.")
    desk.press("Approve")
    desk.sees("The waiver is approved.")


def sign(desk: Desk, person: User, environment: Environment, role: str) -> None:
    desk.sit(person, "admin:roadmap_gate", environment.pk)
    desk.sees("Ready to sign")
    desk.choose("Sign as", role)
    desk.press("Approve")
    desk.sees(f"You approved it as {role}.")


def export(desk: Desk, lena: User, folder: Path) -> str:
    """The document, with what was changed here and nothing else."""
    desk.sit(lena, "admin:roadmap_document_write_back", Document.objects.get().pk)
    desk.sees("[~] Rotate the keys")
    with desk.page.expect_download() as download:
        desk.follow("Download the file")
    download.value.save_as(folder / "road.md")
    text = (folder / "road.md").read_text()
    assert text == ROAD.replace("[ ] Rotate the keys", "[~] Rotate the keys (owner: Security)")
    return text


def settle(desk: Desk, lena: User) -> None:
    """The keys are in progress here and done in the document: the document is right."""
    desk.sit(lena, "admin:roadmap_document_conflicts", Document.objects.get().pk)
    desk.page.get_by_label("The document's value").check()
    desk.press("Settle what is chosen")
    desk.sees("Settled 1 conflict.")
    desk.sees("Nothing is in conflict")
    assert Task.objects.get(text="Rotate the keys").claim == "done"


def see_the_sign_off_superseded(desk: Desk, anna: User, environment: Environment) -> None:
    desk.sit(anna, "admin:roadmap_gate", environment.pk)
    desk.sees("Ready to sign")
    desk.page.get_by_text("Every sign-off").click()
    desk.sees("Superseded")
    assert SignOff.objects.count() == 2
