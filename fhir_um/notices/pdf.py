"""A letter as a PDF: letterhead, table of lines, page numbers, a title and a language; its fonts come along.

The same letter gives the same bytes. Must not know what a letter says.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib import resources
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor, white  # type: ignore[import-untyped]  # the library ships no types
from reportlab.lib.pagesizes import LETTER  # type: ignore[import-untyped]
from reportlab.lib.styles import ParagraphStyle  # type: ignore[import-untyped]
from reportlab.lib.units import cm  # type: ignore[import-untyped]
from reportlab.pdfbase.pdfmetrics import registerFont  # type: ignore[import-untyped]
from reportlab.pdfbase.ttfonts import TTFont  # type: ignore[import-untyped]
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]
from reportlab.platypus import (  # type: ignore[import-untyped]
    BaseDocTemplate,
    CondPageBreak,
    Frame,
    KeepTogether,
    ListFlowable,
    ListItem,
    NextPageTemplate,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)
from reportlab.platypus.doctemplate import LayoutError  # type: ignore[import-untyped]

from fhir_um.notices.letter import CannotPrint, Letter, Section
from fhir_um.notices.letter import Table as Lines

_FONT, _BOLD = "Vera", "VeraBd"
"""At 10 points as tall as Times at 12, which letters of Medicare plans take. Source: 42 CFR 422.2267(a)(1)."""

_INK, _BLUE, _GREY, _RULE, _PALE, _AMBER, _CREAM = map(
    HexColor, ("#1c2430", "#1d4f73", "#475563", "#b9c6d1", "#f5f8fa", "#8a5a00", "#fff8ea")
)
_LEFT = _RIGHT = 2.2 * cm
_TOP, _TOP_LATER, _BOTTOM = 3.1 * cm, 2.2 * cm, 2.1 * cm
_INSET = 6
"""Points that the library leaves between the edge of its frame and the text; tables end where the text does."""

_EDGES = _LEFT + _INSET, LETTER[0] - _RIGHT - _INSET
_WIDTH, _HEIGHT = _EDGES[1] - _EDGES[0], LETTER[1]
_LONGEST_HEAD, _LONGEST_NAME = 52, 28
"""Characters of the title, and of the payer, that fit beside each other."""

_LONGEST_FOOT = 84

_SHARES = {4: (0.08, 0.36, 0.36, 0.2), 5: (0.08, 0.25, 0.25, 0.15, 0.27)}
"""Of the columns of the table of lines; the last of five says what is approved."""

_HEADED = 2.5 * cm
"""A heading goes to the next page rather than stand at the foot of one with less than this below its top."""

_TOGETHER = re.compile(r"(?<=\d) (?=\d)|(?<=\d,) (?=\d{4})|(?<=[a-z]) (?=\d{1,2},)|(?<=\d) (?=days|months|hours)")
"""Blanks at which no line ends: inside days, phone numbers and the like."""


def pdf_of(letter: Letter) -> bytes:
    """The PDF, the same for the same letter. Raises: CannotPrint."""
    out = BytesIO()
    _fonts()
    document = BaseDocTemplate(
        out,
        pagesize=LETTER,
        pageTemplates=[_page("first", _TOP), _page("later", _TOP_LATER)],
        title=letter.title,
        author=letter.sender,
        subject=f"Reference {letter.reference}",
        lang=letter.language,
        invariant=1,
    )
    try:
        document.build(list(_story(letter)), canvasmaker=_paged(letter))
    except LayoutError as fault:
        raise CannotPrint("Something in the letter is too long for a page.") from fault
    return out.getvalue()


def left_out(text: str) -> str:
    """The characters that the font has not, nor anything like them; a person reads the page in place of the PDF."""
    return "".join(c for c in dict.fromkeys(text) if not c.isspace() and _drawn(c) == "?" != c)


# --- what stands on the pages ---------------------------------------------------------------------------------------


def _page(name: str, top: float) -> Any:
    return PageTemplate(name, [Frame(_LEFT, _BOTTOM, LETTER[0] - _LEFT - _RIGHT, LETTER[1] - top - _BOTTOM)])


def _story(letter: Letter) -> Iterator[Any]:
    yield NextPageTemplate("later")
    yield _paragraph(letter.dated, "body")
    yield Spacer(1, 0.25 * cm)
    yield _paragraph(letter.recipient, "to")
    yield Spacer(1, 0.5 * cm)
    yield _paragraph(letter.title, "title")
    yield _facts(letter.facts)
    yield Spacer(1, 0.4 * cm)
    yield _paragraph(letter.greeting, "body")
    for text in letter.opening:
        yield _paragraph(text, "body")
    for section in letter.sections:
        yield from _section(section)


def _section(section: Section) -> Iterator[Any]:
    parts = [_paragraph(section.heading, "heading"), *(_paragraph(text, "body") for text in section.paragraphs)]
    if section.items:
        items = [ListItem(_paragraph(item, "item"), leftIndent=14) for item in section.items]
        parts.append(ListFlowable(items, bulletType="bullet", start="•", bulletFontSize=9, leftIndent=14))
    if section.marked:
        yield Spacer(1, 0.25 * cm)
        yield _note(parts)
        yield Spacer(1, 0.25 * cm)
    elif section.items or section.table:
        yield CondPageBreak(_HEADED)
        yield from parts
    else:
        yield KeepTogether(parts)
    if section.table:
        yield _lines(section.table)
        yield Spacer(1, 0.2 * cm)


def _facts(facts: tuple[tuple[str, str], ...]) -> Any:
    cells = [[_paragraph(name, "name"), _paragraph(value, "value")] for name, value in facts]
    style = [("BOX", (0, 0), (-1, -1), 0.6, _RULE), ("BACKGROUND", (0, 0), (-1, -1), _PALE), *_padded(2.5)]
    return Table(cells, [0.27 * _WIDTH, 0.73 * _WIDTH], style=TableStyle(style))


def _lines(table: Lines) -> Any:
    head = [_paragraph(column, "column") for column in table.columns]
    rows = [[_paragraph(cell, "cell") for cell in row] for row in table.rows]
    style = [
        ("GRID", (0, 0), (-1, -1), 0.5, _RULE),
        ("BACKGROUND", (0, 0), (-1, 0), _BLUE),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        *_padded(4),
    ]
    return Table(
        [head, *rows],
        [share * _WIDTH for share in _SHARES[len(head)]],
        style=TableStyle(style),
        repeatRows=1,
        splitInRow=1,
    )


def _note(parts: list[Any]) -> Any:
    style = [("BOX", (0, 0), (-1, -1), 1, _AMBER, None, (4, 3)), ("BACKGROUND", (0, 0), (-1, -1), _CREAM), *_padded(7)]
    return Table([[parts]], [_WIDTH], style=TableStyle(style))


def _padded(points: float) -> list[tuple[Any, ...]]:
    return [(f"{side}PADDING", (0, 0), (-1, -1), points) for side in ("TOP", "BOTTOM")]


# --- letterhead and foot --------------------------------------------------------------------------------------------


def _paged(letter: Letter) -> type[Canvas]:
    """A canvas that draws head and foot when it knows how many pages there are."""

    class Paged(Canvas):  # type: ignore[misc]  # the library ships no types
        def __init__(self, *args: Any, **named: Any) -> None:
            super().__init__(*args, **named)
            self._kept: list[dict[str, Any]] = []

        def showPage(self) -> None:
            self._kept.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for number, page in enumerate(self._kept, start=1):
                self.__dict__.update(page)
                _frame(self, letter, number, len(self._kept))
                super().showPage()
            super().save()

    return Paged


def _frame(canvas: Any, letter: Letter, number: int, count: int) -> None:
    if number == 1:
        canvas.setFillColor(_BLUE)
        canvas.setFont(_BOLD, 15)
        canvas.drawString(_EDGES[0], _HEIGHT - 1.65 * cm, _printable(letter.sender))
        _rule(canvas, _HEIGHT - 2.45 * cm, _BLUE, 1.6)
    canvas.setFont(_FONT, 8)
    canvas.setFillColor(_GREY)
    over, height = (letter.contact, _HEIGHT - 2.15 * cm) if number == 1 else (letter.title, _HEIGHT - 1.45 * cm)
    canvas.drawString(_EDGES[0], height, _printable(over)[: _LONGEST_FOOT if number == 1 else _LONGEST_HEAD])
    if number > 1:
        canvas.drawRightString(_EDGES[1], height, f"{_printable(letter.sender)[:_LONGEST_NAME]} · {letter.dated}")
        _rule(canvas, _HEIGHT - 1.7 * cm, _RULE, 0.5)
    _rule(canvas, 1.65 * cm, _RULE, 0.5)
    text = f"{letter.reference} · text {letter.template} {letter.template_version}"
    canvas.drawString(_EDGES[0], 1.25 * cm, _printable(text)[:_LONGEST_FOOT])
    canvas.drawRightString(_EDGES[1], 1.25 * cm, f"Page {number} of {count}")


def _rule(canvas: Any, height: float, colour: Any, width: float) -> None:
    canvas.setStrokeColor(colour)
    canvas.setLineWidth(width)
    canvas.line(_EDGES[0], height, _EDGES[1], height)


# --- words ----------------------------------------------------------------------------------------------------------


def _paragraph(text: str, style: str) -> Any:
    marked = escape(_TOGETHER.sub("\N{NO-BREAK SPACE}", _printable(text))).replace("\n", "<br/>")
    return Paragraph(marked, _styles()[style])


def _printable(text: str) -> str:
    """The text in characters that the font has: an accent it does not know is left out, the letter stays."""
    return "".join(c if c == "\n" else _drawn(c) for c in text)


def _drawn(character: str) -> str:
    known = _known()
    if ord(character) in known:
        return character
    bare = "".join(c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c))
    return bare if bare and all(ord(c) in known for c in bare) else "" if unicodedata.combining(character) else "?"


@cache
def _known() -> frozenset[int]:
    return frozenset(_fonts().face.charToGlyph)


@cache
def _fonts() -> Any:
    """The fonts that come with the library, put into every PDF. Licence: Bitstream Vera, free to embed."""
    folder = resources.files("reportlab") / "fonts"
    made = {}
    for name in (_FONT, _BOLD):
        with resources.as_file(folder / f"{name}.ttf") as path:
            made[name] = TTFont(name, str(path))
        registerFont(made[name])
    return made[_FONT]


@cache
def _styles() -> dict[str, Any]:
    def style(name: str, font: str = _FONT, size: float = 10, leading: float = 13.8, **more: Any) -> Any:
        return ParagraphStyle(
            name,
            fontName=font,
            fontSize=size,
            leading=leading,
            **{"textColor": _INK, "allowWidows": 0, "allowOrphans": 0, **more},
        )

    made = (
        style("to", _BOLD, spaceAfter=1),
        style("body", spaceAfter=5),
        style("title", _BOLD, 15, 19.5, spaceAfter=9),
        style("heading", _BOLD, 11, 15, textColor=_BLUE, spaceBefore=8, spaceAfter=3, keepWithNext=1),
        style("item", spaceAfter=2.5),
        style("name", size=9, leading=12, textColor=_GREY),
        style("value", _BOLD, 9, 12),
        style("column", _BOLD, 8.6, 11.5, textColor=white),
        style("cell", size=9, leading=12.4, splitLongWords=1),
    )
    return {each.name: each for each in made}
