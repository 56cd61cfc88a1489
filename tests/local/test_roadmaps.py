"""The roadmap that `make run` is asked for."""

from pathlib import Path

import pytest

from apps.catalog.models import Service
from apps.roadmap.exceptions import DocumentRefused
from config.local.roadmaps import import_roadmap

pytestmark = pytest.mark.django_db


def test_a_folder_with_one_bad_file_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Good\n\n- [ ] a task\n")
    (tmp_path / "b.md").write_bytes(b"# Bad\0\n")

    with pytest.raises(DocumentRefused, match="NUL"):
        import_roadmap(path=tmp_path, service="")

    assert not Service.objects.exists()


@pytest.mark.parametrize("service", ["../up", "a b", "Дорога", "x" * 300, "<b>"])
def test_any_name_of_a_service_gets_an_address(tmp_path: Path, service: str) -> None:
    file = tmp_path / "a roadmap ‑ ünï.md"
    file.write_text("# Good\n\n- [ ] a task\n")

    owner, (report,) = import_roadmap(path=file, service=service)

    owner.full_clean()
    assert (owner.name, report.counts["tasks"]["total"]) == (service[:200], 1)
