"""Text of others in markdown."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_hooks.markdown import escaped, without_html


@pytest.mark.spec("crd-check:113")
@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("Home oxygen, 2 l/min", "Home oxygen, 2 l/min"),
        ("<script>x</script>", "&lt;script&gt;x&lt;/script&gt;"),
        ("[here](javascript:x)", "\\[here\\](javascript:x)"),
        ("![](https://evil.example/x)", "\\!\\[\\](https:\\//evil.example/x)"),
        ("www.evil.example", "www\\.evil.example"),
        ("a@b.example", "a\\@b.example"),
        ("# Title\n\n- item", "\\# Title - item"),
        ("- item", "\\- item"),
        ("1. item", "1\\. item"),
        ("A & B &lt; C", "A &amp; B &amp;lt; C"),
        ("\0 - item", "\\- item"),
        ("safe\u202e\u2066 exe\x1b.pdf\x00\u2069", "safe exe.pdf"),
        ("back\\slash `code` _x_ ~y~ |z|", "back\\\\slash \\`code\\` \\_x\\_ \\~y\\~ \\|z\\|"),
    ],
)
def test_text_looks_the_same_as_markdown(text: str, markdown: str) -> None:
    assert escaped(text) == markdown


@pytest.mark.spec("crd-check:113")
@given(st.text())
def test_no_text_opens_anything(text: str) -> None:
    line = escaped(text)

    assert not any(sign in line for sign in "\0\n\r\x1b\u202e")
    assert "<" not in line
    assert not re.search(r"(?<!\\)(?:\\\\)*[\[\]`*_]", line)


def test_html_in_markdown_is_text() -> None:
    assert without_html("**88 %** <b>or</b> less") == "**88 %** &lt;b>or&lt;/b> less"
