"""The badge of a gate: a small picture with its words in the title. Pure; it holds no script and no style."""

from xml.etree import ElementTree

LABEL = "gate"
COLOURS = {"proven": "#17703f", "doubt": "#8a5a00", "refuted": "#b3261e"}
UNKNOWN_COLOUR = "#5b6772"
_CHARACTER_WIDTH, _PADDING, _HEIGHT = 7, 8, 20


def draw_badge(word: str, tone: str) -> str:
    """The SVG that says the word, in the tone's colour."""
    left, right = _width(LABEL), _width(word)
    said = f"{LABEL}: {word}"
    picture = ElementTree.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "width": str(left + right),
            "height": str(_HEIGHT),
            "role": "img",
            "aria-label": said,
        },
    )
    ElementTree.SubElement(picture, "title").text = said
    _part(picture, LABEL, 0, left, "#3c4852")
    _part(picture, word, left, right, COLOURS.get(tone, UNKNOWN_COLOUR))
    return ElementTree.tostring(picture, encoding="unicode")


def _width(text: str) -> int:
    return len(text) * _CHARACTER_WIDTH + 2 * _PADDING


def _part(picture: ElementTree.Element, text: str, x: int, width: int, colour: str) -> None:
    box = {"x": str(x), "width": str(width), "height": str(_HEIGHT), "fill": colour}
    ElementTree.SubElement(picture, "rect", box)
    place = {"x": str(x + width // 2), "y": "14", "text-anchor": "middle", "fill": "#ffffff", "font-size": "11"}
    ElementTree.SubElement(picture, "text", place | {"font-family": "Verdana,DejaVu Sans,sans-serif"}).text = text
