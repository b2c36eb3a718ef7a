"""The few pages people read: the front page and the public list. Plain HTML, no script, nothing from elsewhere."""

import csv
import hashlib
from base64 import b64encode
from functools import cache
from importlib import resources
from io import StringIO
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from fhir_um.api.envelope import page_policy
from fhir_um.api.exchange import BASES, HTML, Answer, Asked
from fhir_um.coverage.model import LineOfBusiness
from fhir_um.policy.model import PaListRow
from fhir_um.settings import Mode
from fhir_um.usecases.see_directory import plans_on_file
from profiles.canonicals import CPT, HCPCS, ICD10_PCS, RXNORM, X12_SERVICE_TYPE

_COLUMNS = ("system", "code", "label", "policy_id", "title", "outcome", "plans")
_SYSTEMS = {
    CPT: "CPT",
    HCPCS: "HCPCS II",
    ICD10_PCS: "ICD-10-PCS",
    RXNORM: "RxNorm",
    X12_SERVICE_TYPE: "X12 service type",
}
BUSINESSES: dict[str, str] = {
    LineOfBusiness.MEDICARE_ADVANTAGE: "Medicare Advantage",
    LineOfBusiness.MEDICAID: "Medicaid managed care",
    LineOfBusiness.MARKETPLACE: "marketplace",
    LineOfBusiness.COMMERCIAL: "commercial",
    LineOfBusiness.SELF_FUNDED: "employer-funded",
}
_LONGEST_SEARCH = 80
_SPREADSHEET_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def front(asked: Asked) -> Answer:
    """What runs here, where its doors are, and what to try next."""
    counters = {guide: asked.house.settings.base_url + path for guide, path in BASES.items()}
    settings = asked.house.settings
    can_sign_in = settings.mode is Mode.SANDBOX or asked.house.relying is not None
    return page("front.html", asked, counters=counters, url=settings.base_url, people=can_sign_in)


def pa_list_page(asked: Asked, rows: tuple[PaListRow, ...], total: int) -> Answer:
    """Those rows of the public list as a page, with what was searched for; `total` counts the rows without it."""
    search, plan = asked.http.args.get("search", "").strip(), asked.http.args.get("plan", "")
    values: dict[str, Any] = {"search": search[:_LONGEST_SEARCH], "plan": plan, "plans": plans_on_file(asked.deps)}
    return page("pa_list.html", asked, rows=rows, total=total, systems=_SYSTEMS, businesses=BUSINESSES, **values)


def rows_with(rows: tuple[PaListRow, ...], search: str) -> tuple[PaListRow, ...]:
    """Rows whose code begins with the search, or whose words contain all of its words; all of them for nothing."""
    words = search.casefold().split()
    if not words:
        return rows
    return tuple(row for row in rows if row.code.casefold().startswith(words[0]) or _holds(row, words))


def _holds(row: PaListRow, words: list[str]) -> bool:
    text = f"{row.label} {row.title} {row.policy_id} {row.outcome}".casefold()
    return all(word in text for word in words)


def pa_list_csv(rows: tuple[PaListRow, ...]) -> bytes:
    """The same list for a spreadsheet; no cell can be taken for a formula."""
    out = StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    for row in rows:
        writer.writerow(_cell(getattr(row, column)) for column in _COLUMNS)
    return out.getvalue().encode()


def _cell(value: Any) -> str:
    text = " ".join(value) if isinstance(value, tuple) else str(value)
    return f"'{text}" if text.startswith(_SPREADSHEET_FORMULA) else text


def page(name: str, asked: Asked, **values: Any) -> Answer:
    """The page of that template; what it may load is its own style sheet."""
    sandbox = asked.house.settings.mode is Mode.SANDBOX
    text = _pages().get_template(name).render(style=_style(), sandbox=sandbox, **values)
    return Answer(text.encode(), HTML, headers={"Content-Security-Policy": page_policy(_style_hash())})


@cache
def _pages() -> Environment:
    return Environment(loader=PackageLoader("fhir_um.api"), autoescape=True, undefined=StrictUndefined)


@cache
def _style() -> str:
    return resources.files("fhir_um.api").joinpath("templates/style.css").read_text("utf-8")


@cache
def _style_hash() -> str:
    return b64encode(hashlib.sha256(_style().encode()).digest()).decode()
