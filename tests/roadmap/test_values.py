"""Dates, measures, costs, titles and fields, each as documents write them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.roadmap.engines import costs, dates, fields, measures, risks, titles


@pytest.mark.parametrize(
    ("text", "start", "end", "precision"),
    [
        ("2025-09-22", date(2025, 9, 22), date(2025, 9, 22), "day"),
        ("by 2025/9/2.", date(2025, 9, 2), date(2025, 9, 2), "day"),
        ("March 3rd, 2026", date(2026, 3, 3), date(2026, 3, 3), "day"),
        ("15 Sept 2026", date(2026, 9, 15), date(2026, 9, 15), "day"),
        ("2025-W39", date(2025, 9, 22), date(2025, 9, 28), "week"),
        ("February 2024", date(2024, 2, 1), date(2024, 2, 29), "month"),
        ("2026-04", date(2026, 4, 1), date(2026, 4, 30), "month"),
        ("Phase 1 (Q1 2024)", date(2024, 1, 1), date(2024, 3, 31), "quarter"),
        ("2024 Q4", date(2024, 10, 1), date(2024, 12, 31), "quarter"),
    ],
)
def test_a_target_has_a_precision(text, start, end, precision):
    target = dates.read_target(text)

    assert (target.start, target.end, target.precision) == (start, end, precision)


@pytest.mark.parametrize("text", ["2025-02-30", "2025-13-01", "soon", "", "80%+ coverage", "Q5 2024", "2025-W60"])
def test_what_no_calendar_has_is_no_target(text):
    assert dates.read_target(text) is None


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2099, 12, 31)), st.sampled_from(dates.Precision))
def test_a_written_target_is_read_back(day, precision):
    target = dates.read_target(dates.write_target(day, precision))

    assert target is not None
    assert target.precision == precision
    assert target.start <= day <= target.end


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("p95 < 2 seconds", [("latency", "<", "2", "second")]),
        ("> 80% code coverage", [("coverage", ">", "80", "percent")]),
        ("80%+ test coverage", [("coverage", ">=", "80", "percent")]),
        ("RTO < 1 hour", [("rto", "<", "1", "hour")]),
        ("< 24 hour RPO (Recovery Point Objective)", [("rpo", "<", "24", "hour")]),
        ("99.9% uptime", [("uptime", ">=", "99.9", "percent")]),
        ("99.9% availability over 30 days", [("uptime", ">=", "99.9", "percent")]),
        ("Over 30 days the availability is above 99.9%", [("uptime", ">", "99.9", "percent")]),
        ("Error rate over 7 days < 0.1 %", [("error_rate", "<", "0.1", "percent")]),
        ("Available over 30 days", []),
        ("Backups restore within 1 hour", [("rto", "<=", "1", "hour")]),
        ("at least 1,000 users", [("", ">=", "1000", "")]),
        (
            "p99 latency under 300ms; error rate ≤ 0.5%",
            [("latency", "<", "300", "millisecond"), ("error_rate", "<=", "0.5", "percent")],
        ),
        ("Wiederherstellung in höchstens 2 Stunden", [("rto", "<=", "2", "hour")]),
        ("Disponibilité d'au moins 99,9 %", [("uptime", ">=", "99.9", "percent")]),
        ("RTO < 30 min and RPO < 5 min", [("rto", "<", "30", "minute"), ("rpo", "<", "5", "minute")]),
        ("< 24 hour response time", [("response_time", "<", "24", "hour")]),
        ("Query latency reduced by 20-30%", []),
        ("Two successful canary releases", []),
        ("Under N req/s, p95 < X ms, error rate < Y%", []),
        ("Graceful degradation under load", []),
    ],
)
def test_the_measurable_part_is_read(text, expected):
    found = [
        (measure.metric, measure.operator, str(measure.value), measure.unit) for measure in measures.read_measures(text)
    ]

    assert found == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Under N req/s, p95 < X ms, error rate < Y%", ("N req/s", "X ms", "Y%")),
        ("Coverage of TBD", ("TBD",)),
        ("within XX minutes", ("XX",)),
        ("Plan X is approved by Y", ()),
        ("No API keys", ()),
    ],
)
def test_stand_ins_for_figures_are_found(text, expected):
    assert measures.read_placeholders(text) == expected


@pytest.mark.parametrize(
    ("text", "low", "high", "currency", "period"),
    [
        ("Sentry Pro: $26/month (50K events)", "26", "26", "USD", "month"),
        ("~$130-200/month", "130", "200", "USD", "month"),
        ("€1,200 per year", "1200", "1200", "EUR", "year"),
        ("2.5k EUR monthly", "2500.0", "2500.0", "EUR", "month"),
        ("~$0.20/1000 requests", "0.20", "0.20", "USD", "1000 requests"),
        ("$200 to $300", "200", "300", "USD", ""),
        ("$300-200", "200", "300", "USD", ""),
        ("€1.840,00", "1840.00", "1840.00", "EUR", ""),
        ("12.500 € einmalig", "12500", "12500", "EUR", ""),
        ("1 200 € par mois", "1200", "1200", "EUR", "month"),
        ("£10/user/year", "10", "10", "GBP", "user/year"),
        ("$7 per user per month", "7", "7", "USD", "user/month"),
        ("Free (50 monitors)", "0", "0", "", ""),
    ],
)
def test_an_amount_is_read(text, low, high, currency, period):
    amount = costs.read_amount(text)

    assert (str(amount.minimum), str(amount.maximum), amount.currency, amount.period) == (low, high, currency, period)


@pytest.mark.parametrize("text", ["negligible", "costs 5 people", "", "saves 90%"])
def test_a_text_without_money_has_no_amount(text):
    assert costs.read_amount(text) is None


@pytest.mark.parametrize(
    ("text", "role", "code", "title", "number", "tier"),
    [
        ("M0 Foundations", "milestone", "M0", "Foundations", "", ""),
        ("Milestone 2: Go live", "milestone", "Milestone 2", "Go live", "", ""),
        ("Phase 1: Now (Q1 2024)", "milestone", "Phase 1", "Now (Q1 2024)", "", ""),
        ("Week 2-3 (High Priority)", "milestone", "Week 2-3", "High Priority", "", "high"),
        ("M5", "milestone", "", "M5", "", ""),
        ("🔴 CRITICAL (Do Before Launch)", "tier", "", "CRITICAL (Do Before Launch)", "", "critical"),
        ("🟡 High Priority - soon", "tier", "", "High Priority - soon", "", "high"),
        ("Nice to have", "tier", "", "Nice to have", "", "low"),
        ("High Availability", "", "", "High Availability", "", ""),
        ("Critical Test Cases", "", "", "Critical Test Cases", "", ""),
        ("3. Backups 💾", "work_item", "", "Backups", "3", ""),
        ("1.2 Nested work", "work_item", "", "Nested work", "1.2", ""),
        ("4. Risks & Mitigations", "risks", "", "Risks & Mitigations", "4", ""),
        ("🎯 Success Criteria for launch:", "success_criterion", "", "Success Criteria for launch", "", ""),
        ("Definition of Done", "acceptance", "", "Definition of Done", "", ""),
        ("Estimated Costs", "costs", "", "Estimated Costs", "", ""),
        ("Cost Optimization", "", "", "Cost Optimization", "", ""),
        ("Action items", "tasks", "", "Action items", "", ""),
        ("Meilenstein 3 – Freigabe", "milestone", "Meilenstein 3", "Freigabe", "", ""),
        ("Phase B: Härtung", "milestone", "Phase B", "Härtung", "", ""),
        ("KW 12-14: Probe", "milestone", "KW 12-14", "Probe", "", ""),
        ("March 2026", "milestone", "", "March 2026", "", ""),
        ("Milestone dates", "", "", "Milestone dates", "", ""),
        ("IV. Cleaning up", "work_item", "", "Cleaning up", "IV", ""),
        ("Abnahmekriterien", "acceptance", "", "Abnahmekriterien", "", ""),
        ("Critères d'acceptation", "acceptance", "", "Critères d'acceptation", "", ""),
        ("Riesgos", "risks", "", "Riesgos", "", ""),
        ("Laufende Kosten", "costs", "", "Laufende Kosten", "", ""),
        ("Tâches", "tasks", "", "Tâches", "", ""),
        ("Milestones", "milestones", "", "Milestones", "", ""),
    ],
)
def test_a_heading_announces_its_section(text, role, code, title, number, tier):
    heading = titles.read_heading(text)

    assert (heading.role, heading.code, heading.title, heading.number, heading.tier) == (
        role,
        code,
        title,
        number,
        tier,
    )
    assert text[heading.title_start :].startswith(heading.title)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("**Effort:** 2-3 days", [("effort", "2-3 days")]),
        ("**Target**: 80%+ coverage", [("target", "80%+ coverage")]),
        (
            "Owner: QA + Platform/Infra  Target: 2025-11-17",
            [("owner", "QA + Platform/Infra"), ("target", "2025-11-17")],
        ),
        ("Owner: Ann | Due: Q2 2026", [("owner", "Ann"), ("target", "Q2 2026")]),
        ("**Made Up:** value", [("", "value")]),
        ("plain words: nothing", []),
    ],
)
def test_labelled_values_are_read(line, expected):
    found = fields.read_fields(line)

    assert [(field.name, field.value) for field in found] == expected
    assert all(line[slice(*field.span)] == field.value for field in found)


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        ("Hoch", "high"),
        ("4/5", "high"),
        ("1", "low"),
        ("🔴 High", "high"),
        ("very high", "critical"),
        ("Possible (3)", "medium"),
        ("élevé", "high"),
        ("Baja", "low"),
        ("Revenue stops", ""),
        ("", ""),
    ],
)
def test_a_grade_is_one_of_four(text, grade):
    assert risks.read_grade(text) == grade
