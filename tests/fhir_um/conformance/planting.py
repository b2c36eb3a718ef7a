"""Faults to plant in front of a server: small WSGI wrappers, and changes to notifications on their way."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from fhir_um.conformance.in_process import Application
from tests.fhir_um.conformance.house import Rewrite, Wrap, unchanged

Json = Any
Change = Callable[[Json], None]
"""Changes an answer in place."""
PAS = "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/extension-"
CRD = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-coverage-information"


@dataclass(frozen=True)
class Planted:
    """One fault: what is wrong in words, the check that is there to find it, and what makes the fault."""

    wrong: str
    check: str
    wrap: Wrap
    rewrite: Rewrite = unchanged
    suite: str = "pas-2.2.1"


@dataclass
class Answered:
    """What the server said to one request."""

    method: str
    path: str
    asked: bytes
    status: str
    headers: dict[str, str]
    body: bytes

    @property
    def answer(self) -> Json:
        return json.loads(self.body)

    @answer.setter
    def answer(self, content: Json) -> None:
        self.body = json.dumps(content).encode()


def around(alter: Callable[[Answered], None]) -> Wrap:
    """A wrapper that alters answers."""

    def wrap(application: Application) -> Application:
        def planted(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterator[bytes]:
            asked = environ["wsgi.input"].read()
            said = heard(application, environ | {"wsgi.input": BytesIO(asked)}, asked)
            alter(said)
            start_response(said.status, list((said.headers | {"Content-Length": str(len(said.body))}).items()))
            return iter([said.body])

        return planted

    return wrap


def heard(application: Application, environ: dict[str, Any], asked: bytes) -> Answered:
    """What the server itself says to that request."""
    begun: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> Callable[[bytes], None]:
        begun[:] = [status, dict(headers)]
        return lambda _late: None

    answered = application(environ, start_response)
    body = b"".join(answered)
    if hasattr(answered, "close"):
        answered.close()
    return Answered(environ["REQUEST_METHOD"], environ["PATH_INFO"], asked, begun[0], begun[1], body)


# --- which answers ----------------------------------------------------------------------------------------------------


def answers(ending: str, change: Change, about: bytes = b"") -> Wrap:
    """Changes every good answer at addresses with that ending, to requests that hold `about`."""

    def alter(said: Answered) -> None:
        if said.path.endswith(ending) and said.status.startswith("2") and about in said.asked and said.body:
            content = said.answer
            change(content)
            said.answer = content

    return around(alter)


def submits(change: Change, about: bytes = b"") -> Wrap:
    return answers("/Claim/$submit", change, about)


def responses(change: Change, about: bytes = b"") -> Wrap:
    """Changes the ClaimResponse of every answer to a submission."""
    return submits(lambda bundle: change(claim_response(bundle)), about)


def inquiries(change: Change, about: bytes = b"") -> Wrap:
    """Changes the Parameters an inquiry is answered with."""
    return answers("/Claim/$inquire", change, about)


def refusals(alter: Callable[[Answered], None], ending: str = "/Claim/$submit") -> Wrap:
    return around(lambda said: alter(said) if said.status.startswith("4") and said.path.endswith(ending) else None)


def replaced(change: Callable[[str], str]) -> Rewrite:
    """Changes notifications as text."""
    return lambda body: change(body.decode()).encode()


def events(change: Change) -> Rewrite:
    """Changes every notification of an event."""

    def rewrite(body: bytes) -> bytes:
        bundle = json.loads(body)
        if parameter(bundle, "type")["valueCode"] != "event-notification":
            return body
        change(bundle)
        return json.dumps(bundle).encode()

    return rewrite


def handshakes(change: Change) -> Rewrite:
    def rewrite(body: bytes) -> bytes:
        bundle = json.loads(body)
        if parameter(bundle, "type")["valueCode"] == "handshake":
            change(bundle)
        return json.dumps(bundle).encode()

    return rewrite


# --- parts of answers -------------------------------------------------------------------------------------------------


def claim_response(bundle: Json) -> Json:
    return next(e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "ClaimResponse")


def entries(bundle: Json, kind: str) -> list[Json]:
    return [entry for entry in bundle["entry"] if entry["resource"]["resourceType"] == kind]


def parameter(notification: Json, name: str) -> Json:
    return next(row for row in notification["entry"][0]["resource"]["parameter"] if row["name"] == name)


def part(notification: Json, name: str) -> Json:
    return next(row for row in parameter(notification, "notification-event")["part"] if row["name"] == name)


def review_actions(response: Json) -> Iterator[Json]:
    """The extension of every line's review action."""
    for item in response.get("item", ()):
        for adjudication in item["adjudication"]:
            yield from (e for e in adjudication["extension"] if e["url"] == f"{PAS}reviewAction")


def told(action: Json) -> Json:
    """The coding of a review action."""
    code = next(each for each in action["extension"] if each["url"] == f"{PAS}reviewActionCode")
    return code["valueCodeableConcept"]["coding"][0]


def without(element: Json, *urls: str) -> None:
    """Takes extensions out."""
    element["extension"] = [each for each in element["extension"] if each["url"] not in urls]


def annotated(answer: Json) -> Iterator[Json]:
    """The coverage information of an answer to a hook."""
    for action in answer.get("systemActions", ()):
        yield from (e for e in action["resource"].get("extension", ()) if e["url"] == CRD)
