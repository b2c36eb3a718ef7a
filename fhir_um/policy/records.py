"""What the request and the payer's own records say: order, line, member, providers, units used, earlier approvals.

Must not know criteria, outcomes or the chart.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from fhir_um.coverage.model import UsedService
from fhir_um.policy.history import days_since_last, has_active_authorization, prior_approvals, units_used
from fhir_um.policy.model import AskedLine, FactType, Found, Source, Value
from fhir_um.policy.schema import PayerFile, ProviderFile
from fhir_um.policy.systems import same_code, short_code
from fhir_um.words import Code
from profiles.canonicals import PLACE_OF_SERVICE


def _orders_for(asked: AskedLine) -> list[tuple[str, Decimal | None]]:
    return [
        (o.ref, o.quantity.value if o.quantity else None)
        for o in asked.context.evidence.orders
        if any(same_code(c) in asked.codes for c in o.codes)
    ]


def from_order(take: str) -> Source:
    """A fact read from the order behind the line."""

    def exists(asked: AskedLine) -> Found | None:
        orders = _orders_for(asked)
        return Found(True, tuple(ref for ref, _ in orders)) if orders else None

    def quantity(asked: AskedLine) -> Found | None:
        given = [(value, ref) for ref, value in _orders_for(asked) if value is not None]
        return Found(given[-1][0], (given[-1][1],)) if given else None

    if take == "exists":
        return Source(exists, FactType.BOOLEAN, only_shown=True)
    return Source(quantity, FactType.NUMBER)


def line_ref(asked: AskedLine) -> str:
    """The address of the line itself, as evidence."""
    return f"{asked.context.request.claim_url}#item-{asked.context.line.sequence}"


def _line_quantity(asked: AskedLine) -> Value | None:
    quantity = asked.context.line.quantity
    return quantity.value if quantity else None


def _line_units_total(asked: AskedLine) -> Value | None:
    live = [line for line in asked.context.request.lines if not line.withdrawn]
    same = [line for line in live if asked.codes & {same_code(c) for c in line.service.codes}]
    amounts = [line.quantity.value for line in same if line.quantity]
    return sum(amounts, Decimal(0)) if amounts and len(amounts) == len(same) else None


def _line_place(asked: AskedLine) -> Value | None:
    location = asked.context.line.location
    return (location.code_in(PLACE_OF_SERVICE) or None) if location else None


def _line_modifiers(asked: AskedLine) -> Value | None:
    return tuple(code.code for modifier in asked.context.line.modifiers for code in modifier.codes)


def _line_days(asked: AskedLine) -> Value | None:
    period = asked.context.line.serviced
    return Decimal((period.end - period.start).days + 1) if period.start and period.end else None


def _line_serviced(asked: AskedLine) -> Value | None:
    return asked.context.line.serviced.start


def _line_request_type(asked: AskedLine) -> Value | None:
    request_type = asked.context.line.request_type
    return request_type.code if request_type else None


_LINE: dict[str, tuple[FactType, Callable[[AskedLine], Value | None]]] = {
    "quantity": (FactType.NUMBER, _line_quantity),
    "units-total": (FactType.NUMBER, _line_units_total),
    "place-of-service": (FactType.TEXT, _line_place),
    "modifier": (FactType.CODES, _line_modifiers),
    "days": (FactType.NUMBER, _line_days),
    "serviced": (FactType.DATE, _line_serviced),
    "request-type": (FactType.TEXT, _line_request_type),
}


def from_line(take: str) -> Source:
    """A fact read from the line itself: what, how much, where and when."""
    fact_type, read = _LINE[take]

    def find(asked: AskedLine) -> Found | None:
        value = read(asked)
        return None if value is None else Found(value, (line_ref(asked),))

    return Source(find, fact_type, clinical=False, always_known=take == "modifier")


def from_expedited(_: bool) -> Source:
    """Whether the sender asked for an urgent decision."""

    def find(asked: AskedLine) -> Found | None:
        return Found(asked.context.request.expedited, (asked.context.request.claim_url,))

    return Source(find, FactType.BOOLEAN, clinical=False, always_known=True)


# --- the payer's own records ----------------------------------------------------------------------------------------


def _age_on(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def from_member(take: str) -> Source:
    """A fact about the member: age in years on the day of service, or sex."""

    def age(asked: AskedLine) -> Found | None:
        member = asked.context.member
        return Found(Decimal(_age_on(member.birth_date, asked.context.on)), (f"member:{member.id}",))

    def sex(asked: AskedLine) -> Found | None:
        member = asked.context.member
        return Found(member.gender, (f"member:{member.id}",)) if member.gender else None

    if take == "age":
        return Source(age, FactType.NUMBER, clinical=False, always_known=True)
    return Source(sex, FactType.TEXT, clinical=False)


def line_npis(asked: AskedLine) -> frozenset[str]:
    """Who asks for or renders this line: the requester and the line's own care team (all of it when none is named)."""
    request, line = asked.context.request, asked.context.line
    if not line.care_team_sequences:
        return request.provider_npis
    team = {n for m in request.care_team if m.whole_claim or m.sequence in line.care_team_sequences for n in m.npis}
    return frozenset(team | requester_npis(asked))


def requester_npis(asked: AskedLine) -> frozenset[str]:
    """Every NPI of the party that asks."""
    request = asked.context.request
    return frozenset(p.npi for p in (request.requester, *request.requester_parties) if p.npi)


def from_provider(file: ProviderFile) -> Source:
    """A fact about the providers on file: known at all, in network, specialty or kind."""
    npis = requester_npis if file.role == "requester" else line_npis

    def find(asked: AskedLine) -> Found | None:
        wanted = npis(asked)
        if not wanted:
            return None
        context = asked.context
        on_file = [p for p in context.providers if p.npi in wanted and p.enrolled.covers(context.on)]
        refs = tuple(f"provider:{p.npi}" for p in on_file)
        if file.take == "on-file":
            return Found(bool(on_file), refs)
        if file.take == "network":
            return Found(any(context.plan.id in p.networks for p in on_file), refs)
        if not on_file:
            return None
        return Found(tuple(p.specialty if file.take == "specialty" else p.kind for p in on_file), refs)

    boolean = file.take in ("on-file", "network")
    return Source(find, FactType.BOOLEAN if boolean else FactType.CODES, clinical=False)


def from_payer(file: PayerFile) -> Source:
    """A fact from the payer's own records: units used, approvals held, days since the last service."""
    named = frozenset(same_code(short_code(text, "hcpcs")) for text in file.codes)

    def find(asked: AskedLine) -> Found | None:
        codes = named or asked.codes
        value = _RECORDS[file.take](asked.context.history, codes, asked.context.on, file.within_days)
        return Found(value, ("payer:history",))

    boolean = file.take == "active-authorization"
    kind = FactType.BOOLEAN if boolean else FactType.NUMBER
    return Source(find, kind, clinical=False, always_known=True, from_history=True)


_RECORDS: dict[str, Callable[[tuple[UsedService, ...], frozenset[Code], date, int | None], Decimal | bool]] = {
    "units-used": units_used,
    "active-authorization": has_active_authorization,
    "prior-approvals": prior_approvals,
    "last-service-days": days_since_last,
}
