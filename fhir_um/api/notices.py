"""Letters over HTTP: lists, one with its tries, its page or PDF, and what became of it. Must not know what they say."""

import hashlib
import re
from base64 import b64encode
from datetime import datetime

from fhir_um.api.bodies import read_shape
from fhir_um.api.envelope import page_policy
from fhir_um.api.exchange import HTML, Answer, Asked, plain
from fhir_um.api.notice_views import DeliveryIn, notice_row, notice_view, notices_view, read_delivery
from fhir_um.api.paging import PAGE, cursor_of, paged, read_page
from fhir_um.api.query import demand_known
from fhir_um.api.trail import current_trail
from fhir_um.cases.auditing import Subject
from fhir_um.cases.deciding import signed_in
from fhir_um.cases.model import CaseId, MemberId
from fhir_um.cases.notices import Notice, NoticeKind, NoticeSearch, NoticeStatus
from fhir_um.errors import Kind, Refusal
from fhir_um.usecases.print_notice import print_notice
from fhir_um.usecases.record_delivery import record_delivery
from fhir_um.usecases.see_notices import list_notices, notices_of, open_page, read_notice

PDF = "application/pdf"
FORMS = {"html": HTML, "pdf": PDF}
_STYLE = re.compile(rb"<style>(.*?)</style>", re.DOTALL)
_LIST = "notices"


def list_of_case(asked: Asked, case_id: str) -> Answer:
    """Every letter about a case, and where its lines stand."""
    case, found = notices_of(asked.deps, asked.caller, CaseId(case_id))
    return plain(notices_view(case, found, asked.deps.clock().date()), case=case)


def list_all(asked: Asked) -> Answer:
    """Letters of the payer, oldest first; `status` and `kind` narrow them."""
    query = asked.http.args
    demand_known(query, ("status", "kind", *PAGE), often=("status", "kind"))
    page = read_page(query, _LIST, tuple[datetime, str])
    statuses = tuple(NoticeStatus(word) for word in _known(asked, "status", {s.value for s in NoticeStatus}))
    kinds = tuple(NoticeKind(word) for word in _known(asked, "kind", {k.value for k in NoticeKind}))
    found = list_notices(asked.deps, asked.caller, NoticeSearch(statuses, kinds, page.after, page.limit + 1))
    rows, more = found[: page.limit], len(found) > page.limit
    following = cursor_of(_LIST, (rows[-1].created_at, rows[-1].id)) if more else None
    return plain(paged(_LIST, map(notice_row, rows), following), about={subject(row): None for row in rows})


def show(asked: Asked, notice_id: str) -> Answer:
    """One letter without its words, with every try to give it."""
    notice, tries = read_notice(asked.deps, asked.caller, notice_id)
    return plain(notice_view(notice, tries), about=(subject(notice),))


def document(asked: Asked, notice_id: str) -> Answer:
    """The letter itself, as PDF to be saved or as a page that may load nothing but its own style."""
    media = _form(asked)
    taken, end = (print_notice, "pdf") if media == PDF else (open_page, "html")
    notice, body = taken(asked.deps, asked.caller, notice_id)
    current_trail().detail = f"notice/{notice.id}"
    name = f'{"attachment" if media == PDF else "inline"}; filename="{notice.id}.{end}"'
    headers = {"Content-Disposition": name, "ETag": f'"{hashlib.sha256(body).hexdigest()}"'}
    policy = {} if media == PDF else {"Content-Security-Policy": page_policy(_style_hash(body))}
    stream = (body,) if media == PDF else None
    return Answer(body, media, headers=headers | policy, stream=stream, about=(subject(notice),))


def deliver(asked: Asked, notice_id: str) -> Answer:
    """Somebody says what became of a letter; answers with the letter."""
    who, told = read_delivery(read_shape(asked, DeliveryIn), signed_in(asked.caller))
    current_trail().role = who.role
    record_delivery(asked.deps, asked.caller, notice_id, who, told)
    notice, tries = read_notice(asked.deps, asked.caller, notice_id)
    return plain(notice_view(notice, tries), about=(subject(notice),))


def subject(notice: Notice) -> Subject:
    """The case of a letter; the audit log looks up the member."""
    return Subject(notice.payer_id, MemberId(""), notice.case_id)


def _known(asked: Asked, name: str, known: set[str]) -> list[str]:
    given = [word for text in asked.http.args.getlist(name) for word in text.split(",")]
    if not set(given) <= known:
        raise Refusal.of(Kind.INVALID, "value", f"{name} must be among {', '.join(sorted(known))}.", name)
    return given


def _form(asked: Asked) -> str:
    demand_known(asked.http.args, ("format",))
    said = asked.http.args.get("format", "")
    if said:
        if said not in FORMS:
            raise Refusal.of(Kind.NOT_ACCEPTABLE, "not-supported", "format must be html or pdf.", "format")
        return FORMS[said]
    best = asked.http.accept_mimetypes.best_match([PDF, HTML]) if asked.http.accept_mimetypes else PDF
    if best is None:
        raise Refusal.of(Kind.NOT_ACCEPTABLE, "not-supported", "A letter is offered as application/pdf and text/html.")
    return str(best)


def _style_hash(page: bytes) -> str:
    """Of the style sheet inside the page, which may be older than the one new letters have."""
    found = _STYLE.search(page)
    return b64encode(hashlib.sha256(found[1] if found else b"").digest()).decode()
