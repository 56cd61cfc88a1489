"""An entry is known again after an edit, and never taken for another."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.roadmap.engines.identity import Trait, identities, match
from apps.roadmap.engines.parser import parse_document
from tests.roadmap import seeds


def task(text: str, section: str = "M1 › Tasks", code: str = "") -> Trait:
    return Trait("task", section, text, code)


def test_the_same_entries_are_the_same_in_any_order():
    old = [task("write runbook"), task("test restore"), task("rotate keys")]

    assert match(old, [old[2], old[0], old[1]]) == {0: 2, 1: 0, 2: 1}


def test_equal_words_are_told_apart_by_order_and_section():
    old = [task("same"), task("same"), task("same", "M2")]

    assert match(old, [task("same", "M2"), task("same"), task("same")]) == {0: 2, 1: 0, 2: 1}


def test_a_renamed_code_a_moved_and_a_reworded_entry_are_known_again():
    old = [Trait("milestone", "", "Safety", "M1"), task("write runbook"), task("test the restore weekly")]
    new = [task("write runbook", "M2"), Trait("milestone", "", "Go live", "M1"), task("test the restore daily")]

    assert match(old, new) == {0: 1, 1: 0, 2: 2}


def test_words_moved_to_two_places_are_nobodys():
    assert match([task("write runbook", "A")], [task("write runbook", "B"), task("write runbook", "C")]) == {}


def test_kinds_are_never_mixed():
    assert match([task("restore works")], [Trait("criterion", "M1 › Tasks", "restore works")]) == {}


@given(st.lists(st.sampled_from(["a", "b", "c d", "C  D", "!", ""]), max_size=12))
def test_every_identity_is_its_own(texts):
    assert len(set(identities(task(text) for text in texts))) == len(texts)


@seeds.needs_seeds
@pytest.mark.parametrize("name", seeds.NAMES)
def test_two_hundred_random_edits_never_give_a_wrong_identity(name):
    dice = random.Random(name)  # noqa: S311 - the same edits on every run
    old = [Trait("task", " › ".join(entry.path), entry.text) for entry in parse_document(seeds.raw(name)).tasks]
    for _ in range(200):
        places = list(range(len(old)))  # which old entry each new one is; None for a new one
        new = list(old)
        at = dice.randrange(len(old))
        edit = dice.choice(["insert", "delete", "move", "reword"])
        if edit == "insert":
            new.insert(at, task(f"entirely new words {dice.random()}", new[at].section))
            places.insert(at, None)
        elif edit == "delete":
            del new[at], places[at]
        elif edit == "move":
            to = dice.randrange(len(old))
            new.insert(to, new.pop(at))
            places.insert(to, places.pop(at))
        else:
            words = new[at].text.split()
            words[dice.randrange(len(words))] = "otherwise"
            new[at] = replace(new[at], text=" ".join(words))
        pairs = match(old, new)
        wrong = [
            place
            for place, was in pairs.items()
            if places[place] is not None and _key(old, was) != _key(old, places[place])
        ]
        assert wrong == []
        assert all(
            pairs.get(place) is not None for place, was in enumerate(places) if was is not None and edit != "reword"
        )


def _key(traits: list[Trait], at: int) -> tuple[str, str]:
    """Entries that are equal in every trait may stand for each other."""
    return traits[at].section, traits[at].words
