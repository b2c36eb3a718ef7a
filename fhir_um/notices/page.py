"""A letter as a web page that prints well: headings in order, a language, no script and nothing from elsewhere.

Whatever somebody is called is text here and nothing else. Must not know what a letter says.
"""

from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from fhir_um.notices.letter import Letter


def page_of(letter: Letter) -> bytes:
    """The page."""
    text = _pages().get_template("letter.html").render(letter=letter, style=Markup(_style()))  # noqa: S704 our own file
    return text.encode()


@cache
def _pages() -> Environment:
    return Environment(loader=PackageLoader("fhir_um.notices"), autoescape=True, undefined=StrictUndefined)


@cache
def _style() -> str:
    return resources.files("fhir_um.notices").joinpath("templates/letter.css").read_text("utf-8")
