"""The `.env` file of a laptop."""

from pathlib import Path

from config.env import read_dotenv
from config.local.dotenv import write_dotenv


def test_secrets_are_made_once_and_lines_of_ones_own_are_kept(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("# mine\nLOG_LEVEL=DEBUG\n")
    write_dotenv({"DATABASE_URL": "postgresql:///first"}, file=file)
    first = read_dotenv(file)
    write_dotenv({"DATABASE_URL": "postgresql:///second"}, file=file)
    second = read_dotenv(file)

    assert first["LOG_LEVEL"] == second["LOG_LEVEL"] == "DEBUG"
    assert len(first["SECRET_KEY"]) >= 50
    assert {**first, "DATABASE_URL": "postgresql:///second"} == second
    assert len({first[name] for name in ("SECRET_KEY", "AUDIT_KEY", "FIELD_ENCRYPTION_KEYS", "HEALTH_TOKEN")}) == 4


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    write_dotenv({}, file=file)
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_write_that_was_cut_short_does_not_stop_the_next(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.with_name(".env.unfinished").write_text("SECRET_KEY=half")
    write_dotenv({}, file=file)
    assert read_dotenv(file)["SECRET_KEY"] != "half"
    assert [entry.name for entry in tmp_path.iterdir()] == [".env"]
