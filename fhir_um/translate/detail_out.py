"""Writes what a line is about: service, amount, price, as asked or as authorized.

Must not know the state of a line or its decision beyond what it authorizes.
"""

from dataclasses import replace
from decimal import Decimal

from fhir_um.cases.asked import LineRequest
from fhir_um.cases.model import Authorized, Line
from fhir_um.translate.dialect import Dialect
from fhir_um.translate.elements_out import Json, concept, concept_extension, money, quantity
from fhir_um.words import Code, Concept
from profiles.canonicals import (
    EXT_EPSDT_INDICATOR,
    EXT_NURSING_HOME_LEVEL_OF_CARE,
    EXT_PRODUCT_OR_SERVICE_CODE_END,
    EXT_REVENUE_UNIT_RATE_LIMIT,
    REVENUE_CODES,
)


def authorized_content(line: Line) -> LineRequest:
    """The line as it was authorized: what the decision says, else as it was asked."""
    asked, decided = line.request, line.decision.authorized or Authorized()
    return replace(
        asked,
        service=decided.service or asked.service,
        service_end=None if decided.service else asked.service_end,
        modifiers=asked.modifiers if decided.modifiers is None else decided.modifiers,
        quantity=decided.quantity or asked.quantity,
        serviced=decided.period or line.period or asked.serviced,
    )


def detail_parts(content: LineRequest, dialect: Dialect) -> list[Json]:
    """The parts of itemAuthorizedDetail."""
    parts = concept_extension("productOrServiceCode", content.service if concept(content.service) else None)
    parts += concept_extension(EXT_PRODUCT_OR_SERVICE_CODE_END, content.service_end)
    parts += [{"url": "modifier", "valueCodeableConcept": concept(m)} for m in content.modifiers]
    if content.unit_price:
        parts.append({"url": "unitPrice", "valueMoney": money(content.unit_price)})
    amount = quantity(content.quantity)
    if amount:
        parts.append({"url": "quantity", "valueQuantity": amount})
    parts += epsdt(content)
    parts += concept_extension(EXT_NURSING_HOME_LEVEL_OF_CARE, content.nursing_home_level)
    parts += concept_extension(dialect.revenue_part, revenue(content, dialect))
    return parts + rate_limit(content)


def revenue(content: LineRequest, dialect: Dialect) -> Concept | None:
    """The revenue code, in the code system of the dialect."""
    if content.revenue is None or dialect.revenue_system == REVENUE_CODES:
        return content.revenue
    told = tuple(
        Code(dialect.revenue_system, c.code) if c.system == REVENUE_CODES else c for c in content.revenue.codes
    )
    return Concept(told, content.revenue.text)


def epsdt(content: LineRequest) -> list[Json]:
    """The extension that says whether this is an EPSDT service, when the sender said so."""
    return [] if content.epsdt is None else [{"url": EXT_EPSDT_INDICATOR, "valueBoolean": content.epsdt}]


def rate_limit(content: LineRequest) -> list[Json]:
    """The rate limit of the revenue unit, when the sender gave one."""
    limit = content.revenue_unit_rate_limit
    return [{"url": EXT_REVENUE_UNIT_RATE_LIMIT, "valueDecimal": Decimal(limit)}] if limit else []
