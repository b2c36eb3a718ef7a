"""The two forms of a letter: bytes that stay the same, pages that are numbered, and names that are only names."""

import re
import subprocess
import sys
import zlib
from base64 import a85decode
from dataclasses import replace

import pytest

from fhir_um.cases.notices import NoticeKind, Recipient
from fhir_um.notices.composing import compose
from fhir_um.notices.letter import Section, read_letter, written
from fhir_um.notices.page import page_of
from fhir_um.notices.pdf import _TOGETHER, left_out, pdf_of
from fhir_um.notices.samples import DATED, sample
from fhir_um.notices.templates import shipped_texts

HOSTILE = "<script>alert(1)</script> & </p><font color=red> \x00 'x' \"y\""


def a_letter(kind: NoticeKind = NoticeKind.DENIAL):
    return compose(shipped_texts(), *sample(kind, Recipient.MEMBER), DATED)


def pages_in(pdf: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", pdf))


def test_pdf_is_one_with_a_title_and_a_language() -> None:
    made = pdf_of(a_letter())

    assert made.startswith(b"%PDF-1.")
    assert made.rstrip().endswith(b"%%EOF")
    assert pages_in(made) >= 2
    assert b"/Lang (en-US)" in made
    assert b"/Title (We did not approve your request)" in made
    assert made.count(b"/FontFile2") >= 2


def test_same_letter_gives_the_same_bytes() -> None:
    assert pdf_of(a_letter()) == pdf_of(a_letter())
    assert page_of(a_letter()) == page_of(a_letter())


def test_another_letter_gives_other_bytes() -> None:
    assert pdf_of(a_letter()) != pdf_of(replace(a_letter(), recipient="Somebody Else"))


def test_hostile_names_are_only_names() -> None:
    letter = replace(a_letter(), recipient=HOSTILE, facts=(("Member", HOSTILE),))

    page = page_of(letter).decode()

    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert pages_in(pdf_of(letter)) >= 1


def test_page_is_made_for_everybody() -> None:
    page = page_of(a_letter()).decode()

    assert '<html lang="en-US">' in page
    assert page.count("<h1>") == 1
    assert '<th scope="col">' in page
    assert "@page" in page
    assert not re.search(r"<(script|img|link|iframe)|https?://", page)


@pytest.mark.parametrize(("name", "lost"), [("Núñez Çelik", ""), ("Nguyễn", ""), ("Łukasz", ""), ("李娜", "李娜")])
def test_letters_that_the_font_lacks_are_told(name, lost) -> None:
    assert left_out(name) == lost
    assert pdf_of(replace(a_letter(), recipient=name))


def test_endless_text_goes_on_over_pages() -> None:
    long = Section("Long", ("word " * 3000,), ("item " * 2000,))

    assert pages_in(pdf_of(replace(a_letter(), sections=(long,)))) > 3


def test_text_is_in_the_pdf() -> None:
    made = pdf_of(replace(a_letter(), title="Zebra"))
    streams = re.findall(rb"(?<!end)stream\r?\n([!-z\s]+)~>endstream", made)
    drawn = b"".join(map(zlib.decompress, map(a85decode, streams)))

    assert b"(Zebra)" in drawn
    assert b"(Page 1 of 3)" in drawn


def test_what_a_letter_says_is_kept_whole() -> None:
    kept = written(a_letter())

    assert read_letter(kept) == a_letter()
    assert pdf_of(read_letter(kept)) == pdf_of(a_letter())


def test_no_line_ends_inside_a_day_or_a_phone_number() -> None:
    told = _TOGETHER.sub("_", "On March 10, 2026 call +1 555 0100 within 7 days, or 20 visits.")

    assert told == "On March_10,_2026 call +1_555_0100 within 7_days, or 20 visits."


def test_the_library_that_draws_is_loaded_with_the_first_pdf() -> None:
    code = "import sys, fhir_um.app, fhir_um.commands.notices; sys.exit('reportlab' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
