"""The little XHTML of narratives. Source: FHIR R4 4.0.1, Narrative, txt-1 and txt-2."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.fhirpath.narrative import is_basic_html

NAMESPACE = 'xmlns="http://www.w3.org/1999/xhtml"'


@pytest.mark.parametrize(
    "text",
    [
        f"<div {NAMESPACE}>text</div>",
        f"<div {NAMESPACE}><p>a <b class='x'>b</b><br/>c<hr /></p><table><tr><td>1</td></tr></table></div>",
        f'<div {NAMESPACE}><img src="a.png" alt="a"/></div>',
        f"<div {NAMESPACE} xml:lang='en'> <!-- a note --> text &amp; more &lt;</div>\n",
        f'<div {NAMESPACE}><a href="http://example.org/?a=b">b</a> The description: here</div>',
        f'<div {NAMESPACE}><p style = "color: red">a=b ="</p></div>',
        f"<div {NAMESPACE}>&#8364; caf\u00e9 \U0001f600</div>",
        f"<div {NAMESPACE}>&nbsp;1&#x20AC;&eacute;&apos;<!-- a & b --></div>",
        f'<div {NAMESPACE}><a href="?a=1&amp;b=2">&copy; a</a></div>',
    ],
)
def test_basic(text: str) -> None:
    assert is_basic_html(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "text",
        "<p>text</p>",
        f"<div {NAMESPACE}></div>",
        f"<div {NAMESPACE}> &nbsp;<b> </b></div>",
        f"<div {NAMESPACE}>text",
        f"<div {NAMESPACE}>text</div></div>",
        f"<div {NAMESPACE}>text</div> more",
        f"<div {NAMESPACE}>text</div><div>more</div>",
        f"<div {NAMESPACE}><b>text</div></b>",
        f"<div {NAMESPACE}>text<script>x()</script></div>",
        f"<div {NAMESPACE}><form>text</form></div>",
        f'<div {NAMESPACE} onclick="x()">text</div>',
        f"<div {NAMESPACE}><a href='JavaScript:x()'>text</a></div>",
        f'<div {NAMESPACE}><a href="javascript :x()">text</a></div>',
        f'<div {NAMESPACE}><a href="&#106;avascript:x()">text</a></div>',
        f"<div {NAMESPACE}><a href=x>text</a></div>",
        f"<div {NAMESPACE}>1 < 2</div>",
        f"<div {NAMESPACE}>1 & 2</div>",
        f"<div {NAMESPACE}>&nobody; text</div>",
        f"<div {NAMESPACE}>text &amp</div>",
        f'<div {NAMESPACE}><a href="?a=1&b=2">text</a></div>',
        '<!DOCTYPE div [<!ENTITY a "aaaa">]><div>&a;</div>',
        '<?xml version="1.0"?><div>a</div>',
        '<div="="">text</div>',
        f"<div {NAMESPACE}>text</div x>",
    ],
)
def test_more_or_less_than_basic(text: str) -> None:
    assert not is_basic_html(text)


_PIECES = st.sampled_from(
    [
        "<div",
        "<div>",
        "</div>",
        "<p>",
        "</p>",
        "<br/>",
        "text",
        "&amp;",
        "&x;",
        "<",
        ">",
        '="',
        "'",
        " class",
        "<!--",
        "-->",
    ]
)


@given(st.one_of(st.text(), st.lists(_PIECES).map("".join)))
def test_any_text_is_or_is_not(text: str) -> None:
    assert is_basic_html(text) in (True, False)
    assert is_basic_html("<div" + text) in (True, False)
    assert not is_basic_html(f"<div><script>{text}</script></div>")


def test_a_lone_half_of_a_character_breaks_nothing() -> None:
    assert is_basic_html(f"<div {NAMESPACE}>\ud800</div>")


@pytest.mark.parametrize(
    "text",
    [
        f"<div><{'a' * 100_000}</div>",
        f"<div {' ' * 100_000}x>a</div>",
        f"<div a{' ' * 100_000}=>a</div>",
        f"<div>{'<!--' * 100_000}</div>",
        f"<div>{'&' * 100_000}</div>",
    ],
)
def test_a_long_one_is_looked_at_once(text: str) -> None:
    """Looked at again from each of its characters, one alone would take minutes."""
    assert not is_basic_html(text)
