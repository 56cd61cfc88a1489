"""XML from strangers: no entities, no declarations of its own, and bounds on depth and size."""

from typing import Any, NoReturn
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from apps.evidence.engines.reading import DEEPEST, LARGEST
from apps.evidence.exceptions import EvidenceRefused

_MOST_ELEMENTS = 1_000_000


class _Bounded(TreeBuilder):
    """Builds the tree, and stops where no report goes."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = self._elements = 0

    def start(self, tag: str, attrs: dict[str, str]) -> Element:
        self._depth += 1
        self._elements += 1
        if self._depth > DEEPEST or self._elements > _MOST_ELEMENTS:
            raise EvidenceRefused(f"The report is nested deeper than {DEEPEST} levels, or has too many elements.")
        return super().start(tag.rpartition("}")[2], attrs)

    def end(self, tag: str) -> Element:
        self._depth -= 1
        return super().end(tag.rpartition("}")[2])


class _Parser(DefusedXMLParser):
    """A line that only names a document type is harmless, and Cobertura's tools write it; declarations are not."""

    def defused_start_doctype_decl(self, name: str, system: Any, public: Any, has_declarations: bool) -> None:
        if has_declarations:
            super().defused_start_doctype_decl(name, system, public, has_declarations)


def read_xml(report: bytes, *roots: str) -> Element:
    """The root element, which must be one of those named; names carry no namespace. Raises EvidenceRefused."""
    parser = _Parser(target=_Bounded(), forbid_dtd=True)
    try:
        parser.feed(report)
        root = parser.close()
    except DefusedXmlException as error:
        raise EvidenceRefused("The report declares a document type or entities of its own: leave them out.") from error
    except ParseError as error:
        line, column = error.position
        raise EvidenceRefused(f"The report is not XML: line {line}, column {column + 1}.") from error
    except (ValueError, LookupError) as error:
        raise EvidenceRefused("The report is not XML in an encoding that can be read; send UTF-8.") from error
    if root.tag not in roots:
        raise EvidenceRefused(f"The report begins with <{root.tag[:60]}>; it must be <{'> or <'.join(roots)}>.")
    return root


def number_of(element: Element, name: str, default: float | None = None) -> float | None:
    """An attribute as a number that is not negative; the default where it is missing. Raises EvidenceRefused."""
    text = element.get(name)
    if text is None or not text.strip():
        return default
    try:
        value = float(text.replace(",", ""))
    except ValueError:
        return _refuse(element, name)
    return value if 0 <= value < LARGEST else _refuse(element, name)


def _refuse(element: Element, name: str) -> NoReturn:
    raise EvidenceRefused(f"<{element.tag}> {name} must be a number, 0 or more: {element.get(name, '')[:40]!r}.")
