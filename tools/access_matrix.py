"""Writes `docs/access.md`, who may do what at which address: `python -m tools.access_matrix`. Must not ask the server.

What a cell says follows from the route's scope and from whose the things behind it are. The test that walks the matrix
asks the real application for every cell.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from fhir_um.api.exchange import BASES, Route
from fhir_um.api.routes import ROUTES
from fhir_um.auth.people_roles import MAY
from fhir_um.auth.scopes import MEANING, Scope
from fhir_um.cases.roles import Role

PAGE = Path(__file__).resolve().parents[1] / "docs" / "access.md"


class Whose(StrEnum):
    """Whose the things behind a route are."""

    EVERYBODY = "published"
    OPTION = "published, where it is switched on"
    PROVED = "whoever proves it in the message"
    SENT = "the sender's"
    SENT_LIST = "the sender's, listed"
    NAMED = "the sender's; others name member and provider"
    MATCHED = "the sender's request it is for"
    NEW = "the caller's from then on"
    NOBODYS = "nobody's: only the message is looked at"
    PAYER = "the payer's"
    PAYER_LIST = "the payer's, listed"
    CALLER = "the caller's own"
    PERSON = "the person's own"
    JUDGED = "the payer's, for people alone"
    COUNTED = "what happened at the caller's payers"
    HOUSE = "the house's"


class Met(StrEnum):
    """What happens to a caller."""

    ANSWER = "answer"
    BY_NAME = "by member and provider"
    HELD = "kept for a person"
    EMPTY = "empty"
    UNKNOWN = "401"
    FORBIDDEN = "403"
    NOT_THERE = "404"


class Client(StrEnum):
    """A system at the door; from the third on they hold every scope."""

    NOBODY = "nobody"
    WITHOUT = "client without the scope"
    SENDER = "the sender"
    SAME = "its organisation"
    OTHER = "another organisation"
    ELSEWHERE = "another payer's client"
    SANDBOX = "the sandbox"


_FHIR: dict[str, Whose] = {
    "POST /Claim/$submit": Whose.NEW,
    "POST /Claim/$inquire": Whose.NAMED,
    "GET /Claim/<case_id>": Whose.SENT,
    "GET /Claim": Whose.SENT_LIST,
    "POST /Claim/_search": Whose.SENT_LIST,
    "GET /ClaimResponse/<case_id>": Whose.SENT,
    "GET /ClaimResponse": Whose.SENT_LIST,
    "POST /ClaimResponse/_search": Whose.SENT_LIST,
    "GET /Provenance/<provenance_id>": Whose.SENT,
    "GET /Provenance": Whose.SENT_LIST,
    "POST /Provenance/_search": Whose.SENT_LIST,
    "GET /Questionnaire/<form_id>": Whose.EVERYBODY,
    "GET /Questionnaire": Whose.EVERYBODY,
    "POST /Subscription": Whose.NEW,
    "GET /Subscription/<subscription_id>": Whose.SENT,
    "PUT /Subscription/<subscription_id>": Whose.SENT,
    "DELETE /Subscription/<subscription_id>": Whose.SENT,
    "GET /Subscription": Whose.SENT_LIST,
    "POST /Subscription/_search": Whose.SENT_LIST,
    "GET /Subscription/$status": Whose.SENT_LIST,
    "POST /Subscription/$status": Whose.SENT_LIST,
    "GET /Subscription/<subscription_id>/$status": Whose.SENT,
    "POST /Subscription/<subscription_id>/$status": Whose.SENT,
    "GET /Subscription/<subscription_id>/$events": Whose.SENT,
    "POST /Subscription/<subscription_id>/$events": Whose.SENT,
    "GET /Basic/<topic_id>": Whose.EVERYBODY,
    "POST /$submit-attachment": Whose.MATCHED,
    "POST /$validate": Whose.NOBODYS,
    "POST /<type_name>/$validate": Whose.NOBODYS,
    "GET /metadata": Whose.EVERYBODY,
    "GET /.well-known/smart-configuration": Whose.EVERYBODY,
    "GET /.well-known/udap": Whose.OPTION,
}

WHOSE: dict[str, Whose] = {
    **{row.replace(" ", f" {base}", 1): whose for base in BASES.values() for row, whose in _FHIR.items()},
    "GET /um/v1/pa-list": Whose.EVERYBODY,
    "GET /um/v1/events": Whose.PAYER_LIST,
    "GET /um/v1/cases": Whose.PAYER_LIST,
    "GET /um/v1/cases/<case_id>": Whose.PAYER,
    "GET /um/v1/cases/<case_id>/events": Whose.PAYER,
    "POST /um/v1/cases/<case_id>/decisions": Whose.PAYER,
    "POST /um/v1/cases/<case_id>/openings": Whose.PAYER,
    "GET /um/v1/worklists": Whose.COUNTED,
    "GET /um/v1/worklists/<queue>": Whose.PAYER_LIST,
    "POST /um/v1/worklists/<queue>/next": Whose.PAYER_LIST,
    "POST /um/v1/cases/<case_id>/assignments": Whose.PAYER,
    "POST /um/v1/cases/<case_id>/locks": Whose.PAYER,
    "DELETE /um/v1/cases/<case_id>/locks/<queue>": Whose.PAYER,
    "POST /um/v1/cases/<case_id>/escalations": Whose.PAYER,
    "POST /um/v1/assignments": Whose.PAYER_LIST,
    "GET /um/v1/cases/<case_id>/information-requests": Whose.PAYER,
    "POST /um/v1/cases/<case_id>/information-requests": Whose.PAYER,
    "POST /um/v1/cases/<case_id>/information-requests/<draft_id>/steps": Whose.PAYER,
    "GET /um/v1/cases/<case_id>/peer-to-peers": Whose.PAYER,
    "POST /um/v1/cases/<case_id>/peer-to-peers": Whose.PAYER,
    "POST /um/v1/cases/<case_id>/peer-to-peers/<call_id>/steps": Whose.PAYER,
    "GET /um/v1/cases/<case_id>/opinions": Whose.PAYER,
    "POST /um/v1/cases/<case_id>/opinions": Whose.PAYER,
    "POST /um/v1/cases/<case_id>/opinions/<opinion_id>/steps": Whose.PAYER,
    "GET /um/v1/cases/<case_id>/extensions": Whose.PAYER,
    "POST /um/v1/cases/<case_id>/extensions": Whose.PAYER,
    "POST /um/v1/cases/<case_id>/extensions/<extension_id>/steps": Whose.PAYER,
    "GET /um/v1/cases/<case_id>/voidings": Whose.PAYER,
    "POST /um/v1/cases/<case_id>/voidings": Whose.PAYER,
    "POST /um/v1/cases/<case_id>/voidings/<voiding_id>/steps": Whose.PAYER,
    "GET /um/v1/cases/<case_id>/priority-requests": Whose.PAYER,
    "POST /um/v1/cases/<case_id>/priority-requests": Whose.PAYER,
    "GET /um/v1/cases/<case_id>/worksheet": Whose.PAYER,
    "GET /um/v1/cases/<case_id>/attachments": Whose.PAYER,
    "GET /um/v1/cases/<case_id>/notices": Whose.PAYER,
    "GET /um/v1/notices": Whose.PAYER_LIST,
    "GET /um/v1/notices/<notice_id>": Whose.PAYER,
    "GET /um/v1/notices/<notice_id>/document": Whose.PAYER,
    "POST /um/v1/notices/<notice_id>/deliveries": Whose.PAYER,
    "GET /um/v1/attachments": Whose.PAYER_LIST,
    "GET /um/v1/attachments/<attachment_id>": Whose.PAYER,
    "POST /um/v1/attachments/<attachment_id>/match": Whose.PAYER,
    "GET /um/v1/cases/<case_id>/clocks": Whose.PAYER,
    "GET /um/v1/rules": Whose.HOUSE,
    "GET /um/v1/forecast": Whose.COUNTED,
    "GET /um/v1/policies": Whose.HOUSE,
    "GET /um/v1/policies/<policy_id>": Whose.HOUSE,
    "GET /um/v1/reviewers": Whose.PAYER_LIST,
    "PUT /um/v1/reviewers/<npi>": Whose.CALLER,
    "POST /um/v1/auth-match": Whose.PAYER_LIST,
    "GET /um/v1/authorizations/<number>": Whose.PAYER,
    "POST /um/v1/authorizations/<number>/uses": Whose.PAYER,
    "POST /um/v1/authorizations/<number>/uses/<use_id>/reversal": Whose.PAYER,
    "GET /um/v1/audit": Whose.PAYER_LIST,
    "POST /um/v1/audit/_search": Whose.PAYER_LIST,
    "GET /um/v1/audit/alerts": Whose.COUNTED,
    "POST /um/v1/disclosures": Whose.PAYER_LIST,
    "GET /um/v1/crd/invocations/<name>/explanation": Whose.PAYER,
    "GET /um/v1/measures/prior-authorization/<year>": Whose.EVERYBODY,
    "GET /um/v1/measures/operations": Whose.COUNTED,
    "GET /um/v1/measures/pas": Whose.COUNTED,
    "GET /um/v1/measures/crd": Whose.COUNTED,
    "GET /.well-known/smart-configuration": Whose.EVERYBODY,
    "GET /.well-known/udap": Whose.OPTION,
    "POST /oauth/token": Whose.PROVED,
    "POST /oauth/introspect": Whose.HOUSE,
    "POST /oauth/revoke": Whose.PROVED,
    "POST /oauth/register": Whose.PROVED,
    "GET /openapi.json": Whose.EVERYBODY,
    "GET /sign-in": Whose.PROVED,
    "GET /sign-in/callback": Whose.PROVED,
    "POST /sign-in/local": Whose.PROVED,
    "POST /sign-out": Whose.PROVED,
    "GET /session": Whose.CALLER,
    "POST /um/v1/emergency-access": Whose.PERSON,
    "GET /um/v1/emergency-access": Whose.PAYER_LIST,
    "POST /um/v1/emergency-access/<access_id>/review": Whose.JUDGED,
    "GET /healthz": Whose.EVERYBODY,
    "GET /readyz": Whose.EVERYBODY,
    "GET /": Whose.EVERYBODY,
}
"""Every route by method and path. One that is missing here stops the page from being written."""

_OTHERS: dict[Whose, tuple[Met, Met]] = {
    Whose.SENT: (Met.NOT_THERE, Met.NOT_THERE),
    Whose.SENT_LIST: (Met.EMPTY, Met.EMPTY),
    Whose.NAMED: (Met.BY_NAME, Met.EMPTY),
    Whose.MATCHED: (Met.HELD, Met.HELD),
    Whose.PAYER: (Met.ANSWER, Met.NOT_THERE),
    Whose.PAYER_LIST: (Met.ANSWER, Met.EMPTY),
    Whose.JUDGED: (Met.ANSWER, Met.NOT_THERE),
}
"""What meets a client of another organisation, and one of another payer, that holds the scope."""


def row_of(route: Route) -> str:
    """How the matrix names a route."""
    return f"{route.method} {route.path}"


def met_by(route: Route, client: Client) -> Met:
    """What a client meets there. Raises: KeyError for a route nobody has classified."""
    whose = WHOSE[row_of(route)]
    if route.scope is Scope.PUBLIC:
        return Met.ANSWER
    if client is Client.NOBODY:
        return Met.UNKNOWN
    if client is Client.WITHOUT:
        return Met.FORBIDDEN
    if whose is Whose.PERSON or (whose is Whose.JUDGED and client is not Client.ELSEWHERE):
        return Met.FORBIDDEN
    others = _OTHERS.get(whose, (Met.ANSWER, Met.ANSWER))
    return {Client.OTHER: others[0], Client.ELSEWHERE: others[1]}.get(client, Met.ANSWER)


def met_by_person(route: Route, role: Role, is_of_payer: bool = True) -> Met:
    """What somebody meets who is signed in with one role, for the payer whose the things are or for another one."""
    if route.scope is Scope.PUBLIC:
        return Met.ANSWER
    if route.scope not in MAY[role]:
        return Met.FORBIDDEN
    others = _OTHERS.get(WHOSE[row_of(route)], (Met.ANSWER, Met.ANSWER))
    return Met.ANSWER if is_of_payer else others[1]


@dataclass(frozen=True, slots=True)
class Group:
    """Roles that may ask for the same."""

    roles: tuple[Role, ...]
    scopes: frozenset[Scope]


def groups() -> tuple[Group, ...]:
    """Every role somebody signs in with, once."""
    found: dict[frozenset[Scope], list[Role]] = {}
    for role, scopes in MAY.items():
        if scopes:
            found.setdefault(scopes, []).append(role)
    return tuple(Group(tuple(roles), scopes) for scopes, roles in found.items())


# --- the page ---------------------------------------------------------------------------------------------------------

_HEAD = """# Who may do what

<!-- made by `make docs` from the route table and `tools/access_matrix.py`; do not edit by hand -->

Every address with every caller. A test asks the real application for each cell (`tests/fhir_um/test_access.py`), and a
route without a row here does not pass. Why it is so: [ADR 0015](adr/0015-sensitive-care.md).

- Whoever comes without a token, a session or the scope is refused before anything is read.
- **404** and **empty** are the answer to what is not there, byte for byte and with the same statements behind it
  (`tests/fhir_um/test_ownership.py`).
- *By member and provider*: an inquiry of others needs the member's identifier and the NPI of somebody who requests,
  orders or renders; sensitive care it finds by number only.
- *Kept for a person*: documents for a request that is not the sender's wait as those for no request do.
- The scopes `um/…` are for the payer's own side. No EHR needs one, but for `um/validate`.
- *The sandbox*: there, whoever is on this machine is one caller with every scope and payer, and is asked about what it
  sent itself. A token or a session that is sent is checked there as anywhere.
- `/cds-services` has a door of its own: outside the sandbox nobody gets in, and no access token (401); a registered EHR
  may ask, and report what became of the cards it was shown, of no others.
"""


def written() -> str:
    """The page as the program has it now."""
    parts = (_HEAD, "## Systems\n", *_systems(), "\n## People\n", *_people(), "\n## Scopes\n", *_scopes())
    return "\n".join(parts) + "\n"


def _table(heads: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)


def _name(route: Route) -> str:
    path = route.path.replace("<", "{").replace(">", "}")
    return f"`{route.method} {path}`"


def _systems() -> Iterator[str]:
    rows = (
        (_name(route), WHOSE[row_of(route)].value, *(met_by(route, client).value for client in Client))
        for route in ROUTES
    )
    return _table(("Address", "Whose", *(client.value for client in Client)), rows)


def _people() -> Iterator[str]:
    found = groups()
    yield "Somebody with several roles may do what each of them may. What is public is so for people too.\n"
    yield from (
        f"- **{number}**: {', '.join(role.value for role in group.roles)}" for number, group in _numbered(found)
    )
    yield ""
    guarded = (route for route in ROUTES if route.scope is not Scope.PUBLIC)
    rows = (
        (
            _name(route),
            *(met_by_person(route, group.roles[0]).value for group in found),
            met_by_person(route, Role.PHYSICIAN, is_of_payer=False).value,
        )
        for route in guarded
    )
    heads = ("Address", *(str(number) for number, _ in _numbered(found)), "physician of another payer")
    yield from _table(heads, rows)


def _numbered(found: tuple[Group, ...]) -> Iterator[tuple[int, Group]]:
    return enumerate(found, start=1)


def _scopes() -> Iterator[str]:
    meaning: Mapping[Scope, str] = MEANING
    return _table(("Scope", "Allows"), ((f"`{scope.value}`", meaning[scope]) for scope in Scope))


def main() -> None:
    """Rewrites the page."""
    PAGE.write_text(written(), "utf-8")


if __name__ == "__main__":
    main()
