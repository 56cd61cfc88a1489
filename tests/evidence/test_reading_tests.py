import pytest

from apps.evidence.engines.formats import junit
from apps.evidence.exceptions import EvidenceRefused


def facts(report):
    return junit.read(report.encode()).facts


def counts(report):
    found = facts(report)
    return tuple(found[name] for name in ("passed", "failed", "errored", "skipped"))


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        ("<testsuite><testcase/><testcase><failure/></testcase></testsuite>", (1, 1, 0, 0)),
        ("<testsuite><testcase><error/><failure/></testcase></testsuite>", (0, 0, 1, 0)),
        ("<testsuite><testcase><skipped/></testcase></testsuite>", (0, 0, 0, 1)),
        ("<testsuites><testsuite><testsuite><testcase/></testsuite></testsuite></testsuites>", (1, 0, 0, 0)),
        ('<testsuite tests="9" failures="2" errors="1" skipped="1"/>', (5, 2, 1, 1)),
        ('<testsuites><testsuite tests="3"/><testsuite tests="4" failures="1"/></testsuites>', (6, 1, 0, 0)),
        ('<testsuite tests="1" errors="1"><testcase/></testsuite>', (1, 0, 1, 0)),
        ("<testsuite><error/><testcase/></testsuite>", (1, 0, 1, 0)),
        ('<testsuite tests=" "><testcase><flakyFailure/></testcase></testsuite>', (1, 0, 0, 0)),
        ('<testsuite xmlns="urn:x"><testcase/></testsuite>', (1, 0, 0, 0)),
        ('<?xml version="1.0" encoding="ISO-8859-1"?><testsuite name="a"><testcase/></testsuite>', (1, 0, 0, 0)),
    ],
)
def test_the_outcomes_are_counted(report, expected):
    assert counts(report) == expected


def test_the_duration_is_the_runs_own_or_that_of_its_cases():
    cases = '<testcase time="1.25"/><testcase time="1,000.5"/>'
    assert facts(f"<testsuite>{cases}</testsuite>")["duration_seconds"] == 1001.75
    assert facts(f'<testsuite time="7">{cases}</testsuite>')["duration_seconds"] == 7


LAUGHS = """<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>
<testsuite><testcase name="&c;"/></testsuite>"""


@pytest.mark.parametrize(
    ("report", "message"),
    [
        ("", "The report is not XML: line 1"),
        ("<testsuite>\n<testcase></testsuite>", "line 2, column 13"),
        ("<coverage/>", r"begins with <coverage>; it must be <testsuites> or <testsuite>"),
        ("<testsuite/>", "no test was run"),
        ('<testsuite tests="1" failures="2"/>', "more failures than tests"),
        ('<testsuite tests="many"/>', "<testsuite> tests must be a number, 0 or more: 'many'"),
        ('<testsuite tests="-1"/>', "<testsuite> tests must be"),
        ('<testsuite time="nan"><testcase/></testsuite>', "<testsuite> time must be"),
        (LAUGHS, "declares a document type or entities"),
        ('<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><testsuite>&f;</testsuite>', "entities of its own"),
        ("<testsuite>" * 1000 + "</testsuite>" * 1000, "nested deeper than 100"),
        ('<?xml version="1.0" encoding="klingon"?><testsuite/>', "encoding"),
    ],
)
def test_what_is_no_report_of_tests_is_refused_with_its_place(report, message):
    with pytest.raises(EvidenceRefused, match=message):
        facts(report)
