"""`/um/v1/audit` and `/um/v1/disclosures`: the audit log for those who watch over it, and what was told of one member.

Must not know how rows are found. Looking is itself noted, like any other request. A member is named in a form and in no
address, because addresses are kept by browsers and by whatever stands in between.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from werkzeug.datastructures import MultiDict

from fhir_um.api.audit_views import alert_view, disclosure_view, disclosures_csv, row_view, rules_view
from fhir_um.api.exchange import CSV, Answer, Asked, fhir, plain
from fhir_um.api.forms import read_fields
from fhir_um.api.query import demand_known, is_whole
from fhir_um.api.trail import current_trail
from fhir_um.cases.auditing import AuditSearch, Subject
from fhir_um.cases.model import MemberId, PayerId
from fhir_um.errors import Kind, Refusal
from fhir_um.translate.audit_out import audit_bundle
from fhir_um.usecases.search_audit import account_disclosures, audit_alerts, search_audit

_MOST_ROWS = 1_000
_ALERTS_OVER = timedelta(days=1)
_WORDS = {
    "client": "client_id",
    "person": "person",
    "case": "case_id",
    "action": "action",
    "outcome": "outcome",
    "request": "request_id",
}
_WORDS_OF_FORM = _WORDS | {"member": "member_id"}
_REST = ("since", "until", "before", "limit", "format")
_DISCLOSED = ("member", "payer", "since", "format")


def search(asked: Asked) -> Answer:
    """Rows of the log, latest first, as JSON or, with `format=fhir`, as a Bundle of AuditEvents."""
    given = asked.http.args
    if "member" in given:
        text = "Look for a member by POST at /um/v1/audit/_search, as a form: no address names one."
        raise Refusal.of(Kind.INVALID, "not-supported", text, "member")
    demand_known(given, (*_WORDS, *_REST))
    return _found(asked, given, _WORDS)


def search_by_form(asked: Asked) -> Answer:
    """The same with what is looked for in a form, which may also name a member."""
    return _found(asked, _form(asked, (*_WORDS_OF_FORM, *_REST)), _WORDS_OF_FORM)


def alerts(asked: Asked) -> Answer:
    """What happened since an instant, or within a day, that somebody should look at."""
    demand_known(asked.http.args, ("since",))
    since = _instant(asked.http.args, "since") or asked.deps.clock() - _ALERTS_OVER
    found = audit_alerts(asked.deps, asked.caller, since)
    return plain({"alerts": [alert_view(alert) for alert in found], "rules": rules_view()})


def disclosures(asked: Asked) -> Answer:
    """Everything that was told of one member, as JSON or CSV."""
    given = _form(asked, _DISCLOSED)
    as_csv = _format(given, "json", "csv") == "csv"
    payer_id = PayerId(given.get("payer") or asked.caller.home_payer)
    member = _member(given)
    found = account_disclosures(asked.deps, asked.caller, payer_id, member, _instant(given, "since"))
    about = (Subject(payer_id, member),) if found else ()
    if as_csv:
        return Answer(disclosures_csv(found), CSV, about=about)
    return plain({"disclosures": [disclosure_view(told) for told in found]}, about=about)


def _found(asked: Asked, given: MultiDict[str, str], words: Mapping[str, str]) -> Answer:
    as_fhir = _format(given, "json", "fhir") == "fhir"
    wanted = _wanted(given, words)
    rows = search_audit(asked.deps, asked.caller, wanted)
    if rows:
        current_trail().detail = f"rows {rows[-1].sequence} to {rows[0].sequence}"
    about = tuple(sorted({one for row in rows for one in row.entry.subjects if _is_named(wanted, one)}))
    if as_fhir:
        return fhir(audit_bundle(rows, f"{asked.house.settings.base_url}/um/v1/audit"), about=about)
    return plain({"rows": [row_view(row) for row in rows]}, about=about)


def _form(asked: Asked, known: Collection[str]) -> MultiDict[str, str]:
    """The form, beside which no query stands."""
    demand_known(asked.http.args, ())
    given = read_fields(asked.http, asked.house.settings)
    demand_known(given, known)
    return given


def _member(given: MultiDict[str, str]) -> MemberId:
    if not given.get("member"):
        raise Refusal.of(Kind.INVALID, "required", "Say whose disclosures: member is missing.", "member")
    return MemberId(given["member"])


def _is_named(wanted: AuditSearch, one: Subject) -> bool:
    """Who looks for a member or a case is shown just them; who reads on is noted with the rows that were read."""
    is_case, is_member = wanted.case_id == one.case_id, wanted.member_id == one.member_id
    return bool(one.case_id and is_case) or bool(one.member_id and is_member)


def _wanted(given: MultiDict[str, str], words: Mapping[str, str]) -> AuditSearch:
    said = {field: given[name] for name, field in words.items() if given.get(name)}
    limit = _number(given, "limit", 100)
    return AuditSearch(
        since=_instant(given, "since"),
        until=_instant(given, "until"),
        before=_number(given, "before", 0) or None,
        limit=min(limit, _MOST_ROWS),
        **said,
    )


def _number(given: MultiDict[str, str], name: str, otherwise: int) -> int:
    text = given.get(name)
    if text is None:
        return otherwise
    if not is_whole(text) or int(text) < 1:
        raise Refusal.of(Kind.INVALID, "value", f"{name} must be a whole number from 1.", name)
    return int(text)


def _instant(given: MultiDict[str, str], name: str) -> datetime | None:
    text = given.get(name)
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise Refusal.of(Kind.INVALID, "value", f"{name} must be an instant such as 2026-03-01T12:00:00Z.", name)
    return at


def _format(given: MultiDict[str, str], *known: str) -> str:
    text = given.get("format", known[0])
    if text not in known:
        raise Refusal.of(Kind.NOT_ACCEPTABLE, "not-supported", f"format must be {' or '.join(known)}.", "format")
    return text
