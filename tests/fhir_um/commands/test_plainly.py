"""What others say does not steer a terminal."""

import pytest

from fhir_um.commands.plainly import on_one_line, plainly


@pytest.mark.parametrize("steering", ["\x1b[2J", "\x9b31m", "\x07", "\x08", "\r", "\x00", "\u202e", "\u2066", "\x7f"])
def test_no_character_that_steers_is_printed(steering: str) -> None:
    assert plainly(f"a{steering}b") == f"a\ufffd{steering[1:]}b"


def test_words_and_lines_stay() -> None:
    assert plainly("caf\u00e9\n\tzwei \u4f60") == "caf\u00e9\n\tzwei \u4f60"


def test_one_line_stays_one() -> None:
    assert on_one_line("PASSED\nFAILED\u2028x\r\ny") == "PASSED FAILED x y"
