"""Damage is undone for display; what was meant is left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.roadmap.engines.mojibake import find_repairs


def repaired(text: str) -> str:
    for repair in reversed(find_repairs(text)):
        text = text[: repair.span[0]] + repair.repaired + text[repair.span[1] :]
    return text


MAC_ROMAN = [("mac_roman", symbol) for symbol in "🔴🟡✅→’•…🧪"] + [("mac_roman", "⚠️")]
CP1252 = [("cp1252", symbol) for symbol in "🔴🟡✅→’•…🧪"]


@pytest.mark.parametrize(("codec", "symbol"), MAC_ROMAN + CP1252)
def test_it_repairs_a_symbol_read_in_the_wrong_encoding(codec, symbol):
    damaged = symbol.encode().decode(codec)

    assert repaired(f"## {damaged} Critical") == f"## {symbol} Critical"


@pytest.mark.parametrize("symbol", ["❌", "❗", "❓", "⚠️", "”"])
def test_it_repairs_a_symbol_whose_undefined_byte_was_lost(symbol):
    damaged = symbol.encode().decode("cp1252", errors="ignore")

    assert repaired(f"- {damaged} No tests") == f"- {symbol} No tests"


def test_it_repairs_control_characters_left_by_a_lenient_decoder():
    assert repaired("â\x9d\u0152 no") == "❌ no"


@pytest.mark.parametrize(
    "text",
    [
        "Go‑Live → done",
        "We’ll see",
        "naïve café",
        "Größe: 5 µs",
        "價格",
        "ÃŽle",
        "• one • two",
        "🔴 red",
        "≤ 5 s",
        "“quoted”",
    ],
)
def test_it_leaves_genuine_characters_alone(text):
    assert find_repairs(text) == ()


@given(st.text())
def test_it_reads_any_text(text):
    for repair in find_repairs(text):
        assert text[slice(*repair.span)] == repair.original
        assert repair.repaired != repair.original
