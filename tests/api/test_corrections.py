"""The review of an import by way of the API."""

from apps.roadmap.models import Correction, Task

LINES = "/api/v1/documents/{}/lines/"


def test_lines_say_what_they_became(person, document):
    client = person("viewer")
    answer = client.get(LINES.format(document.pk), {"limit": 5}).json()

    assert answer["count"] == document.newest_revision.blocks.last().end_line
    milestone = answer["results"][2]
    assert (milestone["number"], milestone["becomes"], milestone["text"]) == (3, "milestone", "## M1 Data")
    assert milestone["readings"][0]["kind"] == "Milestone"
    assert milestone["readings"][0]["confidence"] > 0.9
    prose = client.get(LINES.format(document.pk), {"show": "corrected"}).json()
    assert prose["results"] == []
    assert client.get(LINES.format(999_999)).status_code == 404


def test_lines_are_corrected_and_the_correction_undone(person, document):
    client, editor = person("viewer"), person("editor")
    sha256 = document.newest_revision.sha256
    posted = {"document": document.pk, "sha256": sha256, "lines": [8], "becomes": "task", "values": {"owner": "QA"}}
    assert client.post("/api/v1/corrections/", posted, format="json").status_code == 403

    answer = editor.post("/api/v1/corrections/", posted, format="json")
    assert answer.status_code == 201
    (made,) = answer.json()
    assert (made["line"], made["becomes"], made["values"]) == (8, "task", {"owner": "QA"})
    assert Task.objects.get(line=8).owners.get().name == "QA"
    assert client.get("/api/v1/corrections/", {"waits": "false"}).json()["count"] == 1

    undone = editor.post(f"/api/v1/corrections/{made['id']}/undo/")
    assert undone.json()["is_active"] is False
    assert editor.post(f"/api/v1/corrections/{made['id']}/undo/").json()["code"] == "correction_refused"


def test_what_cannot_be_corrected_is_refused_in_a_sentence(person, document):
    editor, sha256 = person("editor"), document.newest_revision.sha256
    posted = {"document": document.pk, "sha256": sha256, "lines": [2], "becomes": "task"}

    refused = editor.post("/api/v1/corrections/", posted, format="json")
    assert (refused.status_code, "Line 2" in refused.json()["detail"]) == (400, True)
    other = editor.post("/api/v1/corrections/", posted | {"sha256": "0" * 64}, format="json")
    assert (other.status_code, other.json()["code"]) == (409, "document_changed")
    assert editor.post("/api/v1/corrections/", posted | {"lines": []}, format="json").status_code == 400
    assert not Correction.objects.exists()
