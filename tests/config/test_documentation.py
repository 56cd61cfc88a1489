"""The documentation keeps up with the code."""

import json
import os
import re
import subprocess
import sys

from django.core.management import get_commands

from config.env import PROJECT_DIRECTORY

_NAMES = "import json; from config.settings.production import environment; print(json.dumps(sorted(environment.names)))"
_REQUIRED = {
    "SECRET_KEY": "s" * 50,
    "AUDIT_KEY": "a" * 32,
    "FIELD_ENCRYPTION_KEYS": "f" * 32,
    "DATABASE_URL": "postgresql://u:p@localhost/x",
    "REDIS_URL": "redis://localhost",
    "ALLOWED_HOSTS": "localhost",
}


def test_every_variable_that_production_reads_is_in_the_deployment_guide() -> None:
    environment = {"PATH": os.environ["PATH"], **_REQUIRED}
    command = [sys.executable, "-c", _NAMES]
    names = json.loads(subprocess.check_output(command, cwd=PROJECT_DIRECTORY, env=environment, text=True))
    guide = (PROJECT_DIRECTORY / "docs" / "deployment.md").read_text()
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", guide, re.MULTILINE))

    assert len(names) > 15
    assert set(names) - {"HEROKU_SLUG_COMMIT"} == documented


def test_every_command_that_the_readme_names_exists() -> None:
    readme = (PROJECT_DIRECTORY / "README.md").read_text()
    named = set(re.findall(r"manage\.py ([a-z_]+)", readme))
    assert named
    assert named <= set(get_commands())


def test_every_command_has_a_test() -> None:
    commands = {file.stem for file in PROJECT_DIRECTORY.glob("apps/*/management/commands/[a-z]*.py")}
    tests = "\n".join(file.read_text() for file in PROJECT_DIRECTORY.glob("tests/**/test_*.py"))
    untested = {name for name in commands if not re.search(rf"""["']{name}["']""", tests)}
    assert untested == set()
