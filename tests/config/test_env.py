"""The reader of the environment."""

import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from config.env import PROJECT_DIRECTORY, Environment
from tests.production import production_environment

SECRET = "do-not-show-this-value"


def problems_of(environment):
    with pytest.raises(ImproperlyConfigured) as caught:
        environment.raise_problems()
    return str(caught.value)


@pytest.mark.parametrize(
    ("read", "value", "expected"),
    [
        (Environment.text, "word", "word"),
        (Environment.text, "$abc", "$abc"),
        (Environment.flag, "TRUE", True),
        (Environment.flag, "0", False),
        (Environment.integer, "12", 12),
        (Environment.items, "a, b,,c ", ["a", "b", "c"]),
        (Environment.networks, "10.0.0.0/8, ::1/128", ["10.0.0.0/8", "::1/128"]),
    ],
)
def test_it_reads_values_with_a_type(read, value, expected):
    environment = Environment({"NAME": value})
    assert read(environment, "NAME") == expected
    environment.raise_problems()


@pytest.mark.parametrize(
    ("read", "value", "problem"),
    [
        (Environment.flag, "flase", "must be true or false"),
        (Environment.integer, "1.5", "must be a whole number, 0 or more"),
        (Environment.integer, "-1", "must be a whole number, 0 or more"),
        (Environment.integer, "²", "must be a whole number, 0 or more"),
        (Environment.networks, "10.0.0.1/8", "must be IP networks"),
        (Environment.postgresql_url, "mysql://root:hunter2@db/x", "must be a PostgreSQL address"),
        (Environment.postgresql_url, "postgresql://db", "must be a PostgreSQL address"),
        (Environment.postgresql_url, "hunter2", "NAME"),
    ],
)
def test_a_malformed_value_is_a_problem_that_does_not_show_it(read, value, problem):
    environment = Environment({"NAME": value})
    read(environment, "NAME")
    message = problems_of(environment)
    assert problem in message
    assert "hunter2" not in message


def test_all_problems_are_named_at_once():
    environment = Environment({"FLAG": SECRET, "NUMBER": SECRET, "SHORT": SECRET})
    environment.flag("FLAG")
    environment.integer("NUMBER")
    environment.text("SHORT", minimum_length=50)
    environment.text("MISSING")
    message = problems_of(environment)
    assert all(name in message for name in ("FLAG", "NUMBER", "SHORT", "MISSING", "4 settings"))
    assert SECRET not in message


@given(st.text().map(lambda text: f"hunter2{text}"))
def test_no_value_ever_reaches_the_message(value):
    environment = Environment(dict.fromkeys(("A", "B", "C", "D", "E"), value))
    environment.flag("A")
    environment.integer("B")
    environment.postgresql_url("C")
    environment.networks("D")
    environment.choice("E", "json", {"json", "console"})
    assert "hunter2" not in problems_of(environment)


def test_a_default_stands_for_what_is_not_set_or_empty():
    environment = Environment({"EMPTY": ""})
    assert environment.text("EMPTY", "default") == environment.text("ABSENT", "default") == "default"
    assert environment.names == {"EMPTY": False, "ABSENT": False}


def test_a_secret_may_come_from_a_file_without_its_newline(tmp_path):
    file = tmp_path / "secret"
    file.write_text("from the file\n")
    environment = Environment({"NAME": "from the variable", "NAME_FILE": str(file)})
    assert environment.text("NAME") == "from the file"


def test_a_file_that_cannot_be_read_is_a_problem_and_no_default(tmp_path):
    environment = Environment({"NAME_FILE": str(tmp_path / "absent")})
    environment.text("NAME", "default")
    assert "NAME cannot be read from the file that NAME_FILE names" in problems_of(environment)


def manage(*arguments, **values):
    environment = {name: value for name, value in production_environment(**values).items() if value}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT_DIRECTORY, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_check_env_lists_names_and_never_values():
    result = manage("check_env", HEALTH_TOKEN=SECRET)
    assert result.returncode == 0
    lines = dict(line.split() for line in result.stdout.splitlines())
    assert (lines["HEALTH_TOKEN"], lines["SENTRY_DSN"]) == ("set", "default")
    assert SECRET not in result.stdout + result.stderr


def test_a_bad_environment_ends_with_2_and_names_everything_without_a_traceback():
    result = manage("check_env", SECRET_KEY="short", DATABASE_URL="mysql://root:hunter2@db/x", REDIS_URL="")
    assert result.returncode == 2
    assert "3 settings need attention" in result.stderr
    assert all(name in result.stderr for name in ("SECRET_KEY", "DATABASE_URL", "REDIS_URL"))
    assert "Traceback" not in result.stderr
    assert "hunter2" not in result.stderr
