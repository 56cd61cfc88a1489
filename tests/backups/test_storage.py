"""Local storage and compressed artefacts."""

from pathlib import Path

import pytest

from apps.backups.engines.storage import LocalStorage
from apps.backups.exceptions import ObjectMissing, StorageFailed


def test_an_object_is_there_once_the_block_ends_well(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)

    with storage.write("shop/1/dump") as file:
        file.write(b"content")
        assert not (tmp_path / "shop" / "1" / "dump").exists()

    assert storage.fetch("shop/1/dump", tmp_path).read_bytes() == b"content"
    assert (tmp_path / "shop" / "1" / "dump").stat().st_mode & 0o777 == 0o600


def test_a_block_that_fails_leaves_nothing(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)

    def break_off() -> None:
        with storage.write("shop/1/dump") as file:
            file.write(b"half")
            raise RuntimeError("dump")

    with pytest.raises(RuntimeError, match="dump"):
        break_off()

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    with pytest.raises(ObjectMissing, match="shop/1/dump is not in"):
        storage.fetch("shop/1/dump", tmp_path)


@pytest.mark.parametrize("key", ["../outside", "/etc/passwd", "shop/../../outside"])
def test_a_key_cannot_leave_the_storage(tmp_path: Path, key: str) -> None:
    with pytest.raises(StorageFailed, match="leaves the storage"):
        LocalStorage(tmp_path / "storage").fetch(key, tmp_path)


def test_a_storage_that_is_away_says_nothing_about_the_backups_on_it(tmp_path: Path) -> None:
    with pytest.raises(StorageFailed, match="Check BACKUP_DIRECTORY") as caught:
        LocalStorage(tmp_path / "unmounted").fetch("shop/1/dump", tmp_path)
    assert not isinstance(caught.value, ObjectMissing)


def test_deleting_where_there_is_no_folder_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "shop").write_text("a file, not a folder")
    LocalStorage(tmp_path).delete("shop/1")


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "shop").write_text("a file, not a folder")

    with (
        pytest.raises(StorageFailed, match="shop/1/dump could not be written: "),
        LocalStorage(tmp_path).write("shop/1/dump"),
    ):
        pass


def test_deleting_takes_everything_below_and_is_no_error_twice(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    with storage.write("shop/1/manifest.json") as file:
        file.write(b"{}")

    storage.delete("shop/1")
    storage.delete("shop/1")

    assert not (tmp_path / "shop" / "1").exists()
