"""What is tried: each target takes chance and says what went wrong. Must not know how long it is tried."""

import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import Any
from urllib.parse import urlencode

from cds_hooks.markdown import escaped
from fhir_um.api.query import has_alternatives, split_token
from fhir_um.translate.attached_content import MEDIA, decoded
from profiles.bundle import absolute, relative
from profiles.fhirpath.compiling import compile_expression
from profiles.fhirpath.environment import Environment, EvaluationFault
from profiles.fhirpath.syntax import FhirPathFault
from profiles.fhirpath.temporal import parse_temporal
from profiles.issues import Refusal
from profiles.library import shipped_library
from profiles.locating import locate
from profiles.primitives import PRIMITIVES
from profiles.reading import FHIR_JSON, Limits, read_json, write_json
from tools.fuzz.asking import FORM, ISSUER, LONGEST_SECONDS, Application, Question, in_time, questions, token_headers
from tools.fuzz.damaging import ODD, damaged, garbled

LIMITS = Limits(20_000_000, 64, 1000)
_HEADER = {"alg": "ES384", "kid": "ec-1", "typ": "JWT"}
_CLAIMS = {"iss": ISSUER, "aud": "http://127.0.0.1:8080/cds-services/order-sign", "exp": 2e9, "iat": 2e9, "jti": "j-1"}
_GRANT = {
    "grant_type": "client_credentials",
    "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    "client_assertion": "a.b.c",
    "scope": "system/Claim.c",
}
_PIECES = (
    *(
        "Patient",
        "name",
        "given",
        "$this",
        "%resource",
        "%`a`",
        "where",
        "select",
        "matches",
        "replaceMatches",
        "repeat",
    ),
    *(
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ".",
        ",",
        "'",
        "`",
        "|",
        "&",
        "+",
        "-",
        "*",
        "/",
        "=",
        "~",
        "!=",
        "<=",
        "and",
        "xor",
    ),
    *(
        "implies",
        "in",
        "as",
        "is",
        "div",
        "mod",
        "1",
        "1.0",
        "1e9",
        "'a+'",
        "'(a+)+$'",
        "@2026-02-30",
        "@T25:00",
        "true",
    ),
    *("4 days", "1 'mg'", "descendants()", "toString()", "resolve()", "iif(", "/*", "//", "\n", "\\u0041", "0" * 400),
)
_QUERIES = (
    "/fhir/Claim",
    "/fhir/ClaimResponse",
    "/fhir/Subscription",
    "/fhir/Subscription/$status",
    "/fhir/Questionnaire",
    "/um/v1/cases",
    "/um/v1/attachments",
    "/um/v1/pa-list",
    "/um/v1/cases/x",
    "/um/v1/events",
    "/um/v1/worklists/nurse",
    "/um/v1/notices",
    "/um/v1/rules",
    "/um/v1/forecast",
    "/um/v1/measures/operations",
)
_NAMES = (
    *(
        "identifier",
        "patient",
        "_count",
        "_offset",
        "_format",
        "status",
        "url",
        "_id",
        "version",
        "state",
        "limit",
        "at",
    ),
    *("unmatched", "plan", "search", "format", "", "\0", "profile", "id"),
    *("after", "kind", "caseId", "assignee", "dueBefore", "flag", "days", "on", "from", "to", "asOf"),
)


@dataclass(frozen=True, slots=True)
class Target:
    """One kind of try; `attempt` yields what is wrong, as short as possible, so that it is told once."""

    name: str
    attempt: Callable[[Random], str]

    def fault(self, chance: Random) -> str:
        """What went wrong in one try, or nothing."""
        try:
            with in_time(LONGEST_SECONDS):
                return self.attempt(chance)
        except Exception as fault:
            return f"{type(fault).__name__} at {_place(fault)}: {str(fault)[:200]}"


def _place(fault: BaseException) -> str:
    step = fault.__traceback__
    while step and step.tb_next:
        step = step.tb_next
    return f"{step.tb_frame.f_code.co_filename.rpartition('/')[2]}:{step.tb_lineno}" if step else "nowhere"


def targets(house: Application) -> tuple[Target, ...]:
    """All of them: one for each thing said in the stories, and those for what only a few bytes long."""
    asked = questions(house.case_id)
    return (
        *(Target(f"{each.method} {each.path}: {each.name}", _sending(house, each)) for each in asked),
        Target("bytes: JSON", _reading([each.document for each in asked])),
        Target("tokens: hooks", _presenting(house, "/cds-services/order-sign")),
        Target("tokens: our API", _presenting(house, "/um/v1/cases", "GET")),
        Target("forms: oauth", _granting(house)),
        Target("queries", _querying(house)),
        Target("words: FHIRPath", _compiling),
        Target("words: others", _wording),
        Target("bytes: attachments", _decoding),
    )


def _sending(house: Application, question: Question) -> Callable[[Random], str]:
    """At its own address, or at that of the version whose profiles are not looked at: more comes through there."""
    elsewhere = replace(
        question, path=question.path.replace("/fhir/", "/2.0.1/fhir/", 1).replace("/2.0.1/2.0.1", "/2.0.1")
    )

    def attempt(chance: Random) -> str:
        asked = chance.choice([question, elsewhere])
        return "; ".join(house.faults(house.ask(asked, damaged(chance, asked.document))))

    return attempt


def _reading(documents: list[Any]) -> Callable[[Random], str]:
    def attempt(chance: Random) -> str:
        body = damaged(chance, chance.choice(documents))
        try:
            value = read_json(body, LIMITS)
        except Refusal:
            return ""
        if read_json(write_json(value), LIMITS) != value:
            return "what is written again is not what was read"
        locate(body, ["Bundle.entry[0].resource.item[0]", "Bundle.`a.b`", "X[0][1]"])
        return ""

    return attempt


def _presenting(house: Application, path: str, method: str = "POST") -> Callable[[Random], str]:
    question = Question("token", method, path, "application/json", {})

    def attempt(chance: Random) -> str:
        headers = token_headers(damaged(chance, _HEADER), damaged(chance, _CLAIMS))
        answer = house.ask(question, b"{}", headers)
        told = list(house.faults(answer))
        return "; ".join(told if answer.status_code == 401 else [*told, f"status {answer.status_code}"])

    return attempt


def _granting(house: Application) -> Callable[[Random], str]:
    question = Question("grant", "POST", "/oauth/token", FORM, _GRANT)

    def attempt(chance: Random) -> str:
        token = token_headers(damaged(chance, _HEADER), damaged(chance, _CLAIMS))["Authorization"][7:]
        rows = [(name, token if name == "client_assertion" else value) for name, value in _GRANT.items()]
        rows += chance.choices(rows, k=chance.randint(0, 2))
        chance.shuffle(rows)
        body = urlencode(rows[: chance.randint(1, len(rows))]).encode()
        body = garbled(chance, body) if chance.random() < 0.5 else body
        return "; ".join(house.faults(house.ask(question, body)))

    return attempt


def _querying(house: Application) -> Callable[[Random], str]:
    def attempt(chance: Random) -> str:
        rows = [(chance.choice(_NAMES), _odd_text(chance)) for _ in range(chance.randint(1, 3))]
        query = urlencode(rows, errors="surrogatepass") if chance.random() < 0.8 else "%ff&=%00;&&%zz=" + "a=&" * 300
        question = Question("query", "GET", f"{chance.choice(_QUERIES)}?{query}", FHIR_JSON, None)
        return "; ".join(house.faults(house.ask(question, b"")))

    return attempt


def _odd_text(chance: Random) -> str:
    value = chance.choice(ODD)
    return value if isinstance(value, str) else json.dumps(value)


def _compiling(chance: Random) -> str:
    text = chance.choice(["", " "]).join(chance.choices(_PIECES, k=chance.randint(1, 14)))
    try:
        compile_expression(text, "Patient", shipped_library())({"resourceType": "Patient"}, Environment())
    except (FhirPathFault, EvaluationFault):
        return ""
    return ""


def _wording(chance: Random) -> str:
    text = _odd_text(chance) + chance.choice(["", "/_history/1", "|", ",", "T00:00:00Z"])
    for is_of_type, _ in PRIMITIVES.values():
        is_of_type(text)
    split_token(text), has_alternatives(text), relative(text), absolute(text, "https://a.example/fhir/Claim/1")
    parse_temporal(text), parse_temporal(text, literal=True), escaped(text)
    return ""


def _decoding(chance: Random) -> str:
    head = chance.choice(
        [b"%PDF-1.7", b"<?xml version='1.0'?><ClinicalDocument>", b"PK\x03\x04", b"II*\0", b"<!DOCTYPE a"]
    )
    body = garbled(chance, head + chance.randbytes(chance.choice([0, 10, 3_000])))
    data = body.hex() if chance.random() < 0.2 else b64encode(body).decode()
    found = decoded(data, chance.choice(list(MEDIA)))
    if found.content and sum(map(len, found.content.pieces())) != found.content.size:
        return "the size is not that of the pieces"
    return ""
