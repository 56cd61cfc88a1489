"""What was made from answers of the database, kept with the questions, and used while they are answered the same."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any, TypeVar, cast

from django.db import connection, transaction

from apps.common.since_write import answers_since_write

LONGEST_SECONDS = 60
MOST = 100  # of some 100 KB each, in each web process
Made = TypeVar("Made")

# None of the answers leaves the database.
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
    questions: tuple[str, ...]
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
    if held and time.monotonic() - held.at < LONGEST_SECONDS and _answers(held.questions) == held.answers:
        return cast(Made, held.made)
    at = time.monotonic()
    with one_moment():
        with _recorded() as questions:
            made = make()
        if made is not None and questions and all(question.is_repeatable for question in questions):
            digests = tuple(_digest_of(question) for question in questions)
            _keep(name, _Kept(made, digests, _answers(digests), at))
    return made


def forget() -> None:
    """Make everything anew from here on."""
    with _one_thread:
        _kept.clear()


def _digest_of(question: _Question) -> str:
    """The question for a digest of the answer."""
    composed = connection.ops.compose_sql(  # type: ignore[attr-defined]
        _DIGEST.format(question=question.sql), question.parameters
    )
    return str(composed)


def _answers(questions: Sequence[str]) -> tuple[bytes, ...]:
    """The answers at this moment. Those that are not known are asked for in one statement."""
    answers = answers_since_write()
    unknown = [question for question in dict.fromkeys(questions) if question not in answers]
    if unknown:
        answers |= zip(unknown, _ask(unknown), strict=True)
    return tuple(answers[question] for question in questions)


def _ask(questions: Sequence[str]) -> tuple[bytes, ...]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(questions)}")
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
