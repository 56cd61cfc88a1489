"""What was made from answers of the database, kept with the questions, and used while they are answered the same."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any, TypeVar, cast

from django.db import connection, transaction

LONGEST_SECONDS = 60
MOST = 100  # of some 100 KB each, in each web process
Made = TypeVar("Made")

# All in one statement: the answers of one moment, and none of them leaves the database.
_DIGEST = "(SELECT sha256(textsend(coalesce(string_agg(kept_row::text, chr(10)), ''))) FROM ({question}) AS kept_row)"


@dataclass(frozen=True)
class _Question:
    sql: str
    parameters: tuple[Any, ...]

    @property
    def is_repeatable(self) -> bool:
        return self.sql.lstrip(" (\n").upper().startswith("SELECT")


@dataclass(frozen=True)
class _Kept:
    made: object
    questions: str
    answers: tuple[bytes, ...]
    at: float


_kept: OrderedDict[Hashable, _Kept] = OrderedDict()
_one_thread = Lock()


def kept(name: Hashable, make: Callable[[], Made]) -> Made:
    """What `make` makes, or what it made before, where all that it read then would be read again now.

    The name says whatever else it depends on. Nothing that depends on the instant can be kept so; None, and what
    was written meanwhile, is not. Inside a transaction nothing is kept, since others would not see the same.
    """
    if connection.in_atomic_block:
        return make()
    held = _kept.get(name)
    if held and time.monotonic() - held.at < LONGEST_SECONDS and _ask(held.questions) == held.answers:
        return cast(Made, held.made)
    at = time.monotonic()
    with one_moment():
        with _recorded() as questions:
            made = make()
        if made is not None and questions and all(question.is_repeatable for question in questions):
            together = _together(questions)
            _keep(name, _Kept(made, together, _ask(together), at))
    return made


def forget() -> None:
    """Make everything anew from here on."""
    with _one_thread:
        _kept.clear()


def _together(questions: Sequence[_Question]) -> str:
    """One statement that gives a digest of the answer to each question."""
    digests = ", ".join(_DIGEST.format(question=question.sql) for question in questions)
    parameters = [value for question in questions for value in question.parameters]
    composed = connection.ops.compose_sql(f"SELECT {digests}", parameters)  # type: ignore[attr-defined]
    return str(composed)


def _ask(questions: str) -> tuple[bytes, ...]:
    """The digests of the answers at this moment."""
    with connection.cursor() as cursor:
        cursor.execute(questions)
        return tuple(map(bytes, cursor.fetchone()))


@contextmanager
def one_moment() -> Iterator[None]:
    """Within, everything is read as of the same moment. A transaction that is open already stays as it is."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


@contextmanager
def _recorded() -> Iterator[list[_Question]]:
    """The questions that are asked within."""
    questions: list[_Question] = []

    def record(execute: Callable[..., Any], sql: str, parameters: Any, many: bool, context: Any) -> Any:
        plain = sql.replace("%", "%%") if parameters is None else sql
        questions.append(_Question(plain, tuple(parameters or ())))
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(record):
        yield questions


def _keep(name: Hashable, entry: _Kept) -> None:
    with _one_thread:
        _kept[name] = entry
        _kept.move_to_end(name)
        while len(_kept) > MOST:
            _kept.popitem(last=False)
