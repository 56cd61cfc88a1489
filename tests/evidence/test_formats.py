"""Each format as its tools write it, and what is wrong with what they do not write."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.evidence.engines.formats import FORMATS, read_report
from apps.evidence.engines.reading import Reading
from apps.evidence.exceptions import EvidenceRefused

SMALL = ("critical", "high", "medium", "low", "suppressed")
DIGEST = {"gitCommit": "0123456789abcdef0123456789abcdef01234567"}


def facts(name, report):
    raw = report.encode() if isinstance(report, str) else json.dumps(report).encode()
    return FORMATS[name].read(raw).facts


def refusal(name, report):
    with pytest.raises(EvidenceRefused) as caught:
        facts(name, report)
    return caught.value.message


def severities(name, report):
    found = facts(name, report)
    return tuple(found[word] for word in SMALL)


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (
            '<!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd">'
            '<coverage line-rate="0.5" lines-valid="200" lines-covered="170" branches-valid="4" branches-covered="1"/>',
            {"line_percent": 85, "branch_percent": 25},
        ),
        ('<coverage line-rate="0.8123" branch-rate="0"/>', {"line_percent": 81.23, "branch_percent": 0}),
        (
            '<coverage lines-valid="2" lines-covered="1" branch-rate="0" branches-valid="0" branches-covered="0"/>',
            {"line_percent": 50},
        ),
        ('<coverage><class><lines><line hits="2"/><line hits="0"/></lines></class></coverage>', {"line_percent": 50}),
    ],
)
def test_cobertura(report, expected):
    assert facts("cobertura", report) == expected


@pytest.mark.parametrize(
    ("report", "message"),
    [
        ("<coverage/>", "nothing was measured"),
        ('<coverage line-rate="1.5"/>', "<coverage> line-rate says 1.5 of 1"),
        ('<coverage line-rate="high"/>', "<coverage> line-rate must be a number"),
        ("<testsuite/>", "it must be <coverage>"),
    ],
)
def test_what_is_no_cobertura(report, message):
    assert message in refusal("cobertura", report)


def test_coverage_json():
    totals = {"covered_lines": 45, "num_statements": 60, "num_branches": 8, "covered_branches": 2, "percent_covered": 1}
    assert facts("coverage-json", {"totals": totals}) == {"line_percent": 75, "branch_percent": 25}
    assert facts("coverage-json", {"totals": totals | {"num_branches": 0}}) == {"line_percent": 75}
    assert "totals must be an object" in refusal("coverage-json", {})
    assert "totals.num_statements must be a number" in refusal("coverage-json", {"totals": {"covered_lines": 1}})
    assert "45 of 0" in refusal("coverage-json", {"totals": totals | {"num_statements": 0}})


def test_lcov():
    file = "TN:\nSF:a.js\nDA:1,4\nDA:2,0\nBRF:4\nBRH:3\nLF:{}\nLH:{}\nend_of_record\n"
    assert facts("lcov", file.format(10, 8) + file.format(10, 1)) == {"line_percent": 45, "branch_percent": 75}
    assert facts("lcov", "SF:a\r\nDA:1,1\r\nDA:2,0,checksum\r\nend_of_record\r\n") == {"line_percent": 50}
    assert "no end_of_record" in refusal("lcov", "SF:a\nLF:1\nLH:1\n")
    assert refusal("lcov", "SF:a\nLF:ten\nend_of_record").startswith("Line 2: 'ten'")
    assert refusal("lcov", "DA:7\nend_of_record").startswith("Line 1: DA")
    assert "2 of 1" in refusal("lcov", "LF:1\nLH:2\nend_of_record")


def sarif(*results, rules=(), **run):
    tool = {"driver": {"name": "scanner", "rules": list(rules)}}
    return {"version": "2.1.0", "runs": [{"tool": tool, "results": list(results)} | run]}


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (sarif(), (0, 0, 0, 0, 0)),
        (sarif({"level": "error"}, {"level": "note"}, {"level": "none"}, {}), (0, 1, 1, 1, 0)),
        (sarif({"level": "error", "properties": {"security-severity": "9.8"}}), (1, 0, 0, 0, 0)),
        (
            sarif({"ruleId": "A"}, {"ruleIndex": 1}, rules=[
                {"id": "A", "properties": {"security-severity": "7.0"}},
                {"id": "B", "defaultConfiguration": {"level": "note"}},
            ]),
            (0, 1, 0, 1, 0),
        ),
        (sarif({"level": "error", "suppressions": [{"kind": "inSource"}]}), (0, 0, 0, 0, 1)),
        (sarif({"level": "error", "suppressions": [{"status": "underReview"}]}), (0, 1, 0, 0, 0)),
        (sarif({"level": "error", "suppressions": []}), (0, 1, 0, 0, 0)),
        (sarif({"level": "error", "kind": "pass"}, {"level": "error", "baselineState": "absent"}), (0, 0, 0, 0, 0)),
        (sarif({"level": "error", "kind": ["pass"]}), (0, 1, 0, 0, 0)),
        (sarif({"ruleId": "unknown", "ruleIndex": 99}), (0, 0, 1, 0, 0)),
        (
            sarif({"rule": {"index": 0, "toolComponent": {"index": 0}}}, tool={
                "driver": {"rules": [{"id": "A"}]},
                "extensions": [{"rules": [{"id": "B", "properties": {"security-severity": 9.1}}]}],
            }),
            (1, 0, 0, 0, 0),
        ),
    ],
)  # fmt: skip
def test_sarif(report, expected):
    assert severities("sarif", report) == expected


@pytest.mark.parametrize(
    ("report", "message"),
    [
        ({"version": "2.0.0"}, "version must be 2.1.0"),
        ({"version": "2.1.0", "runs": []}, "nothing was scanned"),
        (sarif(results=None), "runs[0].results is missing: the scan came to no result"),
        (sarif(invocations=[{"executionSuccessful": False}]), "the scan did not succeed"),
        (sarif({}, {"level": "bad"}), "runs[0].results[1].level must be one of"),
        (sarif({"level": ["error"]}), "runs[0].results[0].level"),
        (sarif({"properties": {"security-severity": "huge"}}), "runs[0].results[0] security-severity"),
        (sarif(7), "runs[0].results[0] must be an object"),
    ],
)
def test_what_is_no_sarif(report, message):
    assert message in refusal("sarif", report)


def cyclonedx(*vulnerabilities, **fields):
    return {"bomFormat": "CycloneDX", "specVersion": "1.5", "vulnerabilities": list(vulnerabilities)} | fields


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (cyclonedx(), (0, 0, 0, 0, 0)),
        (cyclonedx({"ratings": [{"severity": "low"}, {"severity": "critical"}]}), (1, 0, 0, 0, 0)),
        (cyclonedx({"ratings": [{"score": 5.5, "method": "CVSSv31"}]}), (0, 0, 1, 0, 0)),
        (cyclonedx({}, {"ratings": [{"severity": "unknown"}]}), (0, 2, 0, 0, 0)),
        (cyclonedx({"ratings": [{"severity": "info"}]}), (0, 0, 0, 0, 0)),
        *[
            (cyclonedx({"ratings": [{"severity": "high"}], "analysis": {"state": state}}), (0, 0, 0, 0, 1))
            for state in ("resolved", "resolved_with_pedigree", "false_positive", "not_affected")
        ],
        *[
            (cyclonedx({"ratings": [{"severity": "high"}], "analysis": {"state": state}}), (0, 1, 0, 0, 0))
            for state in ("exploitable", "in_triage", None)
        ],
    ],
)
def test_cyclonedx(report, expected):
    assert severities("cyclonedx", report) == expected


@pytest.mark.parametrize(
    ("report", "message"),
    [
        ({}, "bomFormat must be CycloneDX"),
        (cyclonedx(specVersion="1.3"), "specVersion must be one of 1.4, 1.5, 1.6"),
        ({"bomFormat": "CycloneDX", "specVersion": "1.6"}, "does not say that nothing was found"),
        (cyclonedx({"ratings": [{"score": "9"}]}), "vulnerabilities[0].ratings[0].score must be a number"),
        (cyclonedx({"analysis": []}, "x"), "vulnerabilities[1] must be an object"),
    ],
)
def test_what_is_no_cyclonedx(report, message):
    assert message in refusal("cyclonedx", report)


EXPORTED = {
    "metrics": {
        "http_req_duration": {"avg": 60.2, "med": 50, "p(90)": 110.5, "p(95)": 167.3638369, "max": 481},
        "http_req_failed": {"passes": 3, "fails": 997, "value": 0.003},
        "http_reqs": {"count": 1000, "rate": 33.3333},
    }
}
HANDLED = {
    "metrics": {
        "http_req_duration": {"type": "trend", "contains": "time", "values": {"med": 50, "p(95)": 167.364}},
        "http_req_failed": {"type": "rate", "values": {"rate": 0.003, "passes": 3, "fails": 997}},
        "http_reqs": {"type": "counter", "values": {"count": 1000, "rate": 33.3333}},
    }
}
MACHINE_READABLE = {
    "version": "1.0.0",
    "config": {"duration": 30.0, "execution": "local"},
    "results": {
        "metrics": [
            {"name": "http_req_duration", "type": "trend", "values": {"med": 50, "p(95)": 167.364}},
            {"name": "http_req_failed", "type": "rate", "values": {"matches": 3, "total": 1000, "rate": 0.003}},
            {"name": "http_reqs", "type": "counter", "values": {"count": 1000}},
        ]
    },
}


@pytest.mark.parametrize("report", [EXPORTED, HANDLED, MACHINE_READABLE], ids=["exported", "handled", "readable"])
def test_k6_in_each_of_its_shapes(report):
    found = facts("k6", report)
    assert found["p95_milliseconds"] == 167.364
    assert (found["p50_milliseconds"], found["error_percent"], found["requests"]) == (50, 0.3, 1000)
    assert found["requests_per_second"] == 33.333


@pytest.mark.parametrize(
    ("report", "message"),
    [
        ({}, "metrics must be an object"),
        ({"metrics": {}}, "http_req_duration is missing"),
        ({"metrics": EXPORTED["metrics"] | {"http_reqs": {"count": 0}}}, "no request was made"),
        ({"metrics": EXPORTED["metrics"] | {"http_req_failed": {}}}, "http_req_failed rate must be a number"),
        (MACHINE_READABLE | {"config": {"duration": 0}}, "config.duration must be above 0"),
    ],
)
def test_what_is_no_k6(report, message):
    assert message in refusal("k6", report)


def entry(times, failures=0, **fields):
    return {
        "name": "/", "method": "GET", "start_time": 100.0, "last_request_timestamp": 110.0,
        "num_requests": sum(times.values()), "num_failures": failures, "response_times": times,
    } | fields  # fmt: skip


def test_locust_json():
    found = facts("locust-json", [entry({"10": 90, "200": 9, "900": 1}, 1), entry({"30": 100}, start_time=90.0)])
    assert found == {
        "p50_milliseconds": 30, "p90_milliseconds": 30, "p95_milliseconds": 30, "p99_milliseconds": 200,
        "error_percent": 0.5, "requests": 200, "requests_per_second": 10,
    }  # fmt: skip
    assert "no request was made" in refusal("locust-json", [])
    assert "must be a list" in refusal("locust-json", {})
    assert "[0].response_times must hold a number" in refusal("locust-json", [entry({"fast": 1})])
    assert "must be after start_time" in refusal("locust-json", [entry({"1": 1}, last_request_timestamp=100.0)])


LOCUST_CSV = """Type,Name,Request Count,Failure Count,Median Response Time,Requests/s,Failures/s,50%,90%,95%,99%
GET,"/a, b",900,0,12,30.1,0.0,12,30,41,90
,Aggregated,1000,5,14,33.4,0.1,14,33,45,99
"""


def test_locust_csv():
    assert facts("locust-csv", LOCUST_CSV) == {
        "p50_milliseconds": 14, "p90_milliseconds": 33, "p95_milliseconds": 45, "p99_milliseconds": 99,
        "error_percent": 0.5, "requests": 1000, "requests_per_second": 33.4,
    }  # fmt: skip
    assert "no line Aggregated" in refusal("locust-csv", "a,b\n1,2\n")
    assert "Request Count must hold a number" in refusal("locust-csv", LOCUST_CSV.replace("1000", "N/A"))
    assert "no request was made" in refusal("locust-csv", LOCUST_CSV.replace("1000", "0"))


def statement(kind, predicate, **fields):
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "app", "digest": DIGEST}],
        "predicateType": f"https://in-toto.io/attestation/{kind}/v0.1",
        "predicate": predicate,
    } | fields


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        ({"result": "PASSED", "passedTests": ["a", "b"], "warnedTests": ["c"], "failedTests": []}, (3, 0)),
        ({"result": "FAILED", "passedTests": ["a"], "failedTests": ["b"]}, (1, 1)),
        ({"result": "FAILED"}, (0, 1)),
        ({"result": "WARNED"}, (1, 0)),
    ],
)
def test_in_toto_test_results(predicate, expected):
    report = json.dumps(statement("test-result", predicate)).encode()
    reading = read_report(report, format_name="in-toto", verifier_key="ci.tests")
    assert (reading.facts["passed"], reading.facts["failed"]) == expected
    assert (reading.subject.name, reading.subject.commit) == ("app", DIGEST["gitCommit"])


def test_in_toto_verification_results():
    predicate = {
        "verifier": {"id": "https://example.org/policy/v2"},
        "timeCreated": "2026-03-01T12:00:00Z",
        "properties": ["SLSA_BUILD_LEVEL_3", "A", "A"],
    }
    report = json.dumps(statement("svr", predicate)).encode()
    reading = read_report(report, format_name="in-toto", verifier_key="ci.verification")
    assert reading.facts == {
        "verifier_id": "https://example.org/policy/v2", "properties": ["A", "SLSA_BUILD_LEVEL_3"], "property_count": 2
    }  # fmt: skip
    assert reading.observed_at.isoformat() == "2026-03-01T12:00:00+00:00"
    with pytest.raises(EvidenceRefused, match=r"is evidence of ci.verification, not of ci.tests"):
        read_report(report, format_name="in-toto", verifier_key="ci.tests")


@pytest.mark.parametrize(
    ("report", "message"),
    [
        ({}, "_type must be https://in-toto.io/Statement/v1"),
        (statement("provenance", {}), "predicateType must be"),
        (statement("test-result", {"result": "FINE"}), "predicate.result must be"),
        (statement("test-result", {}, subject=[]), "about nothing"),
        (statement("test-result", {}, subject=[{"name": "x"}]), "subject[0].digest must be an object"),
        (statement("svr", {"timeCreated": "2026-03-01T12:00:00"}), "must name its time zone"),
        (statement("svr", {"timeCreated": "now"}), "predicate.timeCreated must be an instant"),
        ({"payloadType": "text/plain"}, "payloadType must be application/vnd.in-toto+json"),
        ({"payloadType": "application/vnd.in-toto+json", "payload": "!", "signatures": []}, "payload must be a text"),
    ],
)
def test_what_is_no_statement(report, message):
    assert message in refusal("in-toto", report)


def test_a_report_of_another_verifier_is_refused():
    with pytest.raises(EvidenceRefused, match=r"of format junit is evidence of ci.tests, not of ci.coverage"):
        read_report(b"", format_name="junit", verifier_key="ci.coverage")
    with pytest.raises(EvidenceRefused, match=r"There is no format 'tap'. There are: native, junit"):
        read_report(b"", format_name="tap", verifier_key="ci.tests")


JSON_FORMATS = ["native", "coverage-json", "sarif", "cyclonedx", "k6", "locust-json", "in-toto"]


@pytest.mark.parametrize("name", JSON_FORMATS)
@pytest.mark.parametrize(
    ("report", "message"),
    [
        (b"", "not JSON: line 1"),
        (b"\xff\xfe", "not"),
        (b'{"a":\n}', "line 2"),
        (b"[" * 1000 + b"]" * 1000, "nested deeper than 100 levels"),
        (b"[" * 100_000, "nested deeper than 100 levels"),
        (b'{"a": NaN}', "NaN is no number"),
        (b'{"a": 1e999}', "a number that is too large"),
        (b'{"a": 1' + b"0" * 400 + b"}", "a number that is too large"),
        (b'{"a": ' + b"9" * 5000 + b"}", "too long"),
        (b'{"a": "\\u0000"}', "a NUL"),
        (b'{"\\ud800": 1}', "half of a character"),
    ],
    ids=range(11),
)
def test_json_that_no_tool_writes_is_refused(name, report, message):
    with pytest.raises(EvidenceRefused) as caught:
        FORMATS[name].read(report)
    assert message in caught.value.message


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 10**20) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def damaged(report):
    """The report with one of its values replaced by anything."""

    def replace(value, path, new):
        if not path:
            return new
        copy = dict(value) if isinstance(value, dict) else list(value)
        copy[path[0]] = replace(value[path[0]], path[1:], new)
        return copy

    return st.builds(lambda path, new: replace(report, path, new), st.sampled_from(list(paths(report))), JSON_VALUES)


def paths(value, path=()):
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield from paths(part, (*path, key))


WHOLE = {
    "coverage-json": {"totals": {"covered_lines": 4, "num_statements": 6, "num_branches": 8, "covered_branches": 2}},
    "sarif": sarif(
        {"ruleId": "A", "level": "error", "rule": {"index": 0, "toolComponent": {"index": 0}}, "suppressions": [{}]},
        {"ruleIndex": 0, "properties": {"security-severity": "7"}},
        rules=[{"id": "A", "defaultConfiguration": {"level": "note"}, "properties": {}}],
        invocations=[{"executionSuccessful": True}],
    ),
    "cyclonedx": cyclonedx({"ratings": [{"severity": "high"}, {"score": 3}], "analysis": {"state": "in_triage"}}),
    "k6": MACHINE_READABLE,
    "locust-json": [entry({"10": 9, "200": 1}, 1)],
    "in-toto": statement("svr", {"verifier": {"id": "x"}, "timeCreated": "2026-03-01T12:00:00Z", "properties": ["a"]}),
}


@settings(max_examples=150)
@given(st.sampled_from(sorted(WHOLE)).flatmap(lambda name: st.tuples(st.just(name), damaged(WHOLE[name]))))
def test_damaged_json_gives_facts_or_a_refusal(pair):
    name, value = pair
    report = json.dumps(value).encode(errors="surrogatepass")
    assert_facts_or_refusal(name, report)


TOKENS = """<testsuite|<testcase|<coverage|<line| tests="| hits="| line-rate="|"|>|/>|</testsuite>|1|0.5|-1|e9
<failure/>|<!DOCTYPE x [|<!ENTITY a 'b'>|]>|&a;|LF:|LH:|DA:|,|\n|end_of_record|Name,|Aggregated|Request Count|\0"""
GIBBERISH = st.lists(st.sampled_from([*TOKENS.split("|"), "\ud800"]), max_size=12).map("".join)


@settings(max_examples=300)
@given(
    st.sampled_from(sorted(FORMATS)),
    st.binary(max_size=200) | GIBBERISH.map(lambda text: text.encode(errors="surrogatepass")),
)
def test_any_bytes_give_facts_or_a_refusal(name, report):
    assert_facts_or_refusal(name, report)


def assert_facts_or_refusal(name, report):
    try:
        reading = FORMATS[name].read(report)
    except EvidenceRefused:
        return
    assert isinstance(reading, Reading)
    assert name == "native" or reading.facts
