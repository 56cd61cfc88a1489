"""Reports of a service and of all services, in every format."""

import csv
import json
from datetime import timedelta
from io import BytesIO, StringIO

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from apps.accounts.models import User
from apps.catalog.services import ensure_service
from apps.common.clock import now
from apps.dashboards.engines.reports.formats import Format, make_file
from apps.dashboards.selectors.reports.service import service_report
from apps.roadmap.models import Criterion, Milestone, Risk, Task
from tests.dashboards.voyage import sail
from tests.pages import read_page
from tests.roadmap.deciding import group_of, make_policy
from tests.roadmap.waiving import ask

PATH = "/admin/readiness/payments/report/"


@pytest.fixture
def signed_in(client: Client, olga: User) -> Client:
    client.force_login(olga)
    return client


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(content.decode())))


def test_the_page_says_the_answer_and_everything_behind_it(signed_in, voyage):
    response = signed_in.get(PATH)
    page = " ".join(response.content.decode().split())

    assert read_page(response).refused == []
    assert "<title>Payments API, production: No-go" in page
    for said in (
        "Said, but not so",
        "M5 Releases",
        "The only region goes down",
        "Error tracking",
        "Nothing is waived.",
    ):
        assert said in page
    digest = signed_in.get("/api/v1/services/payments/gate/").json()["digest"]
    assert digest in page
    assert "<dt>Criteria</dt><dd>8 </dd>" in page


def test_every_format_is_a_file_of_its_own(signed_in, voyage):
    types = {each: signed_in.get(f"{PATH}?format={each}") for each in Format}
    assert {response.status_code for response in types.values()} == {200}
    names = {each: response["Content-Disposition"] for each, response in types.items()}
    day = f"{now():%Y-%m-%d}"
    assert names[Format.XLSX] == f'attachment; filename="payments-production-{day}.xlsx"'
    assert names[Format.MARKDOWN].endswith('.md"')
    assert signed_in.get(f"{PATH}?format=pdf").status_code == 404


def test_the_rows_of_csv_say_of_which_part_they_are(signed_in, voyage):
    rows = rows_of(signed_in.get(f"{PATH}?format=csv").content)

    by_part = {part: [row for row in rows if row["part"] == part] for part in {row["part"] for row in rows}}
    assert {"report", "blocking", "contradictions", "milestones", "criteria", "risks", "costs"} == set(by_part)
    assert {row["name"]: row["value"] for row in by_part["report"]}["Gate"] == "no_go"
    (releases,) = (row for row in by_part["milestones"] if row["name"] == "M5 Releases")
    assert (releases["claim"], releases["standing"], releases["owner"]) == ("done", "contradicted", "Platform")
    (restored,) = (row for row in by_part["criteria"] if row["name"].startswith("The newest backup"))
    assert (restored["evidence"], restored["standing"]) == ("passing", "verified")
    assert restored["seen_at"] < restored["expires_at"]


def test_json_holds_the_same_as_csv_with_its_types(signed_in, voyage):
    answer = json.loads(signed_in.get(f"{PATH}?format=json").content)

    assert (answer["decision"], answer["criteria_total"], len(answer["milestones"])) == ("no_go", 8, 7)
    assert answer["costs"][0] == {
        "name": "Error tracking", "kind": "paid", "amount_minimum": "26.0000", "amount_maximum": "80.0000",
        "currency": "USD", "period": "month",
    }  # fmt: skip


def test_a_workbook_has_a_sheet_for_each_part_and_dates_as_dates(signed_in, voyage):
    book = load_workbook(BytesIO(signed_in.get(f"{PATH}?format=xlsx").content))

    assert book.sheetnames[:4] == ["Report", "What stands in the way", "Said, but not so", "Milestones"]
    rows = list(book["Criteria"].iter_rows(values_only=True))
    proven = next(row for row in rows if row[0].startswith("The newest backup"))
    assert proven[6] < proven[7]
    assert book["Criteria"].freeze_panes == "A2"


def test_markdown_keeps_its_tables_whatever_the_words(signed_in, voyage):
    Criterion.objects.update(text="a | b\n`c` <script>")
    text = signed_in.get(f"{PATH}?format=markdown").content.decode()

    assert r"a \| b \`c\` \<script\>" in text
    heads = [line for line in text.splitlines() if line.startswith("| ---")]
    assert len(heads) >= 5


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1+1", "＝1+1", "\r=1"])
def test_no_cell_is_a_formula(signed_in, voyage, text):
    Risk.objects.update(title=text)

    rows = rows_of(signed_in.get(f"{PATH}?format=csv").content)
    assert [row["name"] for row in rows if row["part"] == "risks"] == [f"'{text}"]
    book = load_workbook(BytesIO(signed_in.get(f"{PATH}?format=xlsx").content))
    (cell,) = (row[0] for row in book["Risks"].iter_rows(min_row=2))
    assert cell.data_type == "s"
    assert str(cell.value).startswith("'")


def test_words_that_no_sheet_can_hold_are_replaced(signed_in, voyage):
    Risk.objects.update(title="a\x01b")
    book = load_workbook(BytesIO(signed_in.get(f"{PATH}?format=xlsx").content))
    assert book["Risks"]["A2"].value == "a�b"


def test_waivers_and_signatures_are_in_it(signed_in, voyage, olga, sam, environment):
    make_policy(environment, olga, {"name": "SRE", "group": group_of("sre", sam)})
    waiver = ask(Criterion.objects.first(), environment, olga, at=now(), ends_at=now() + timedelta(days=3))
    answer = json.loads(signed_in.get(f"{PATH}?format=json").content)

    assert [(each["state"], each["requested_by"]) for each in answer["waivers"]] == [("requested", "Olga Operator")]
    assert answer["waivers"][0]["compensating_control"] == waiver.compensating_control
    assert [(each["role"], each["state"]) for each in answer["sign_offs"]] == [("SRE", "missing")]


def test_the_number_of_queries_does_not_grow_with_the_roadmap(voyage, environment):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            service_report(environment=environment, at=now())
        return len(captured)

    few = queries()
    for number in range(5):
        voyage.proof(voyage.criterion(None, f"Condition {number}", "todo"), seconds=1, hours_ago=1)
        voyage.risk(f"Risk {number}", severity="low")
    assert queries() == few


def test_a_report_says_the_same_at_the_same_instant(voyage, environment):
    at = now()
    files = [make_file(service_report(environment=environment, at=at), Format.JSON) for _ in range(2)]
    assert files[0] == files[1]


def test_the_portfolio_is_reported_as_it_is_chosen(signed_in, voyage):
    sail(ensure_service(slug="ant", name="Ant hill", tier="C").environments.get(), now=now())

    both = rows_of(signed_in.get("/admin/reports/portfolio/?format=csv").content)
    assert [row["slug"] for row in both if row["part"] == "services"] == ["ant", "payments"]
    one = rows_of(signed_in.get("/admin/reports/portfolio/?tier=A&format=csv").content)
    assert [row["slug"] for row in one if row["part"] == "services"] == ["payments"]
    page = signed_in.get("/admin/reports/portfolio/?tier=A")
    assert read_page(page).refused == []
    assert "0 of 1 service may go to production." in page.content.decode()


def test_links_lead_to_the_reports(signed_in, voyage):
    assert PATH in signed_in.get("/admin/readiness/payments/").content.decode()
    assert "/admin/reports/portfolio/?tier=A" in signed_in.get("/admin/?tier=A").content.decode()


def test_who_may_not_read_gets_no_report(client, sam, voyage):
    client.force_login(sam)
    assert client.get(PATH).status_code == 403
    assert client.get("/admin/reports/portfolio/").status_code == 403
    assert client.get("/admin/lists/roadmap.task/").status_code == 404


def test_an_unknown_environment_is_not_found(signed_in, voyage):
    assert signed_in.get(f"{PATH}?environment=moon").status_code == 404


@pytest.mark.parametrize("name", ["milestone", "task", "criterion", "risk", "costline"])
def test_a_list_becomes_a_file_with_all_its_rows(signed_in, voyage, name):
    page = signed_in.get(f"/admin/roadmap/{name}/").content.decode()
    assert f"/admin/lists/roadmap.{name}/?format=csv" in page
    rows = rows_of(signed_in.get(f"/admin/lists/roadmap.{name}/?format=csv").content)
    assert len(rows) == apps.get_model("roadmap", name).objects.count() > 0
    assert {row["service"] for row in rows} == {"payments"}
    book = load_workbook(BytesIO(signed_in.get(f"/admin/lists/roadmap.{name}/?format=xlsx").content))
    assert book.active.max_row == len(rows) + 1


def test_a_list_is_exported_as_it_is_filtered(signed_in, voyage):
    query = "?claim__exact=todo&milestone_code=M1&p=7"
    page = signed_in.get(f"/admin/roadmap/task/{query.replace('&p=7', '')}").content.decode()
    assert "/admin/lists/roadmap.task/?claim__exact=todo&amp;format=csv&amp;milestone_code=M1" in page
    rows = rows_of(signed_in.get(f"/admin/lists/roadmap.task/{query}").content)
    assert [(row["claim"], row["milestone"]) for row in rows] == [("todo", "M1 Security baseline")] * 2


def test_what_vanished_from_its_document_is_left_out_unless_asked_for(signed_in, voyage):
    Task.objects.filter(text__startswith="Step 1").update(orphaned_at=now())
    current = rows_of(signed_in.get("/admin/lists/roadmap.task/").content)
    everything = rows_of(signed_in.get("/admin/lists/roadmap.task/?presence=all").content)
    assert (len(current), len(everything)) == (Task.objects.current().count(), Task.objects.count())
    assert len(current) < len(everything)


@pytest.mark.parametrize(
    "address", ["roadmap.task/?format=pdf", "roadmap.task/?format=json", "roadmap.task/?nothing=1", "audit.auditevent/"]
)
def test_what_cannot_be_exported_is_not_found(signed_in, voyage, address):
    assert signed_in.get(f"/admin/lists/{address}").status_code == 404


def test_the_number_of_queries_does_not_grow_with_a_list(signed_in, voyage):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            signed_in.get("/admin/lists/roadmap.task/")
        return len(captured)

    queries()  # choices of filters are kept from the first visit on
    few = queries()
    voyage.tasks(Milestone.objects.get(code="M1"), *["todo"] * 10)
    assert queries() == few


def test_the_api_gives_every_format_and_refuses_in_json(signed_in, voyage):
    for each in Format:
        response = signed_in.get(f"/api/v1/services/payments/report/?format={each}")
        assert (response.status_code, response["Content-Type"]) == (200, each.media_type)
    assert json.loads(signed_in.get("/api/v1/services/payments/report/").content)["service"] == "payments"
    rows = rows_of(signed_in.get("/api/v1/portfolio/report/?format=csv&tier=A").content)
    assert [row["slug"] for row in rows if row["part"] == "services"] == ["payments"]
    for address, code in (("payments/report/?format=pdf", 400), ("paiments/report/?format=csv", 404)):
        response = signed_in.get(f"/api/v1/services/{address}")
        assert (response.status_code, response["Content-Type"]) == (code, "application/json")
        assert response.json()["detail"]


def test_the_api_reports_of_an_instant_that_is_past(signed_in, voyage):
    before = (now() - timedelta(days=30)).isoformat()
    answer = json.loads(signed_in.get("/api/v1/services/payments/report/", {"at": before}).content)
    assert answer["criteria_proven"] == 0
