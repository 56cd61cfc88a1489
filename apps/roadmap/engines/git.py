"""Reading a file of a git checkout at a revision. Nothing of the repository is run."""

from dataclasses import dataclass
from pathlib import Path

from apps.common.shell import Command, ToolFailed, ToolMissing, ToolTimedOut, run
from apps.roadmap.engines.source import Limits
from apps.roadmap.exceptions import DocumentRefused

TIMEOUT_SECONDS = 20.0
# A repository says in its own configuration what git should run; these answer before it can.
NOTHING_IS_RUN = (
    "--no-pager",
    "--no-replace-objects",
    "--literal-pathspecs",
    *("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.pager=cat"),
    *("-c", "diff.external=", "-c", "protocol.allow=never", "-c", "submodule.recurse=false"),
)
ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_COUNT": "1",  # `safe.directory` counts from the environment or a user's file only
    "GIT_CONFIG_KEY_0": "safe.directory",
    "GIT_CONFIG_VALUE_0": "*",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
}


@dataclass(frozen=True)
class Committed:
    """A file as a commit holds it."""

    raw: bytes
    path: str  # from the root of the repository
    commit: str


def read_committed(path: Path, revision: str, limits: Limits | None = None) -> Committed:
    """The file at a revision of the checkout that it stands in. Raises DocumentRefused, saying what is not so."""
    limit = (limits or Limits()).size_bytes
    folder = _existing_folder(path)
    root = _root(folder, path)
    inside = path.absolute().relative_to(folder.absolute())
    relative = (folder.resolve() / inside).relative_to(root.resolve()).as_posix()
    commit = _commit(root, revision)
    kind = _ask(root, "cat-file", "-t", f"{commit}:{relative}", refusal=f"Revision {revision!r} has no {relative!r}.")
    if kind != b"blob":
        raise DocumentRefused(f"{relative!r} is no file at revision {revision!r}.")
    if (
        int(_ask(root, "cat-file", "-s", f"{commit}:{relative}", refusal="The size of the file cannot be read."))
        > limit
    ):
        raise DocumentRefused(f"{relative!r} is larger than {limit // 1024 // 1024} MB: split it.")
    raw = _ask(root, "cat-file", "blob", f"{commit}:{relative}", refusal="The file cannot be read.", is_text=False)
    return Committed(raw, relative, commit)


def _existing_folder(path: Path) -> Path:
    """The nearest folder that is there: the file itself may stand in another revision only."""
    return next(folder for folder in path.absolute().parents if folder.is_dir())


def _root(folder: Path, path: Path) -> Path:
    refusal = f"{path} does not stand in a git checkout: leave the revision out, or name a path inside one."
    return Path(_ask(folder, "rev-parse", "--show-toplevel", refusal=refusal).decode())


def _commit(root: Path, revision: str) -> str:
    refusal = f"The repository has no revision {revision!r}: name a branch, a tag or a commit."
    if revision.startswith("-"):
        raise DocumentRefused(refusal)
    return _ask(root, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}", refusal=refusal).decode()


def _ask(folder: Path, *arguments: str, refusal: str, is_text: bool = True) -> bytes:
    command = Command(
        ["git", "-C", folder, *NOTHING_IS_RUN, *arguments], environment=ENVIRONMENT, timeout_seconds=TIMEOUT_SECONDS
    )
    try:
        answer = run(command).stdout
    except ToolMissing as error:
        raise DocumentRefused("git is not installed here, so no revision can be read.") from error
    except ToolTimedOut as error:
        raise DocumentRefused("git did not answer in time.") from error
    except ToolFailed as error:
        raise DocumentRefused(refusal) from error
    return answer.strip() if is_text else answer
