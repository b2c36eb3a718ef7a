"""Whether a narrative is the little XHTML that FHIR allows. Knows no resource.

Source: FHIR R4 4.0.1, Narrative, txt-1 and txt-2; the elements and attributes of HTML 4.0 chapters 7 to 11 and 15.
"""

import re
from html import unescape
from html.entities import name2codepoint
from xml.parsers.expat import ExpatError, ParserCreate

_ELEMENTS = frozenset(
    {
        *("a", "abbr", "acronym", "address", "area", "b", "bdo", "big", "blockquote", "br", "caption", "cite"),
        *("code", "col", "colgroup", "dd", "dfn", "div", "dl", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6"),
        *("hr", "i", "img", "kbd", "li", "map", "ol", "p", "pre", "q", "samp", "small", "span", "strong"),
        *("sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "ul", "var"),
    }
)
_ATTRIBUTES = frozenset(
    {
        *("abbr", "accesskey", "align", "alt", "axis", "border", "cellpadding", "cellspacing", "char"),
        *("charoff", "charset", "cite", "class", "colspan", "coords", "dir", "frame", "headers", "height"),
        *("href", "hreflang", "id", "ismap", "lang", "longdesc", "name", "nohref", "nowrap", "rel", "rev"),
        *("rowspan", "rules", "scope", "shape", "space", "span", "src", "style", "summary", "tabindex"),
        *("title", "type", "usemap", "valign", "width", "xml:lang", "xml:space", "xmlns"),
    }
)
_TAG = re.compile(r"<([^\s/>]+)")
_ODDLY_QUOTED = re.compile(r"=(?:\s*'|\s+\")")
_SURE_TEXT = re.compile(r">\s*[^<\s&]")
_MARKUP = re.compile(r"<!--.*?-->|<(?P<close>/?)(?P<name>[A-Za-z][\w:.-]*+)(?P<rest>[^<>]*+)>|(?P<stray><)", re.DOTALL)
_ATTRIBUTE = re.compile(r"""\s++([A-Za-z_][\w:.-]*+)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)')""")
_SCRIPTED = re.compile(r"\s*(?:javascript|vbscript)\s*:", re.IGNORECASE)
_PERHAPS_SCRIPTED = re.compile(r"script\s*:", re.IGNORECASE)
_AMPERSAND = re.compile(r"&(?:#(?:\d{1,7}|x[0-9A-Fa-f]{1,6});|([A-Za-z][A-Za-z0-9]{0,31});)?")
_NAMED = frozenset({*name2codepoint, "apos"})
"""The characters that HTML 4.0 names."""
_SPACE = re.compile(r"(?:\s|&nbsp;|&#160;|&#xa0;)*", re.IGNORECASE)


def is_basic_html(text: str) -> bool:
    """One `div` of well-formed, allowed elements that holds a text or an image."""
    return _is_plainly_fine(text) or _is_fine_tag_by_tag(text)


def _is_plainly_fine(text: str) -> bool:
    """A quick look that finds most narratives in order; what it doubts, the long look decides.

    A declaration (`<!`) could define entities that explode, so the parser never sees one.
    """
    if not text.startswith("<div") or "<!" in text or "<?" in text or _ODDLY_QUOTED.search(text):
        return False
    if _PERHAPS_SCRIPTED.search(unescape(text)):
        return False
    attributes = [(before.rsplit(None, 1) or [""])[-1] for before in text.split('="')[:-1]]
    if not (_ELEMENTS.issuperset(_TAG.findall(text)) and _ATTRIBUTES.issuperset(attributes)):
        return False
    try:
        ParserCreate().Parse(text, True)
    except (ExpatError, UnicodeEncodeError):
        return False
    return _SURE_TEXT.search(text) is not None


def _is_fine_tag_by_tag(text: str) -> bool:
    opened: list[str] = []
    said, end = False, 0
    for found in _MARKUP.finditer(text):
        between = text[end : found.start()]
        end = found.end()
        has_text = _SPACE.fullmatch(between) is None
        if found["stray"] or (has_text and not opened) or not _escapes(between):
            return False
        name = found["name"]
        said = said or has_text or name == "img"
        if name is not None and not _follows(found, opened):
            return False
        if name is not None and not opened and _SPACE.fullmatch(text, end) is None:
            return False
    return said and not opened and end > 0


def _follows(found: re.Match[str], opened: list[str]) -> bool:
    """Takes one tag into account; False when it may not be there."""
    name, rest = found["name"], found["rest"]
    if found["close"]:
        return bool(opened) and opened.pop() == name and not rest.strip()
    if name not in _ELEMENTS or (not opened and name != "div"):
        return False
    closed = rest.endswith("/")
    if not closed:
        opened.append(name)
    return _only_allowed(rest.removesuffix("/"))


def _only_allowed(rest: str) -> bool:
    position = 0
    while (attribute := _ATTRIBUTE.match(rest, position)) is not None:
        value = attribute[2] or attribute[3] or ""
        if attribute[1] not in _ATTRIBUTES or not _escapes(value) or _SCRIPTED.match(unescape(value)):
            return False
        position = attribute.end()
    return not rest[position:].strip()


def _escapes(text: str) -> bool:
    """True when every ampersand begins a character that is given by its number or by a name HTML has."""
    return all(len(found[0]) > 1 and (found[1] is None or found[1] in _NAMED) for found in _AMPERSAND.finditer(text))
