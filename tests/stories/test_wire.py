"""Every answer the stories and the official examples get, on both bases, held against the guides by `tests.wire`."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from fhir_um.stories.playing import Played, Reply, Request, Story, load_stories, prepare
from profiles.canonicals import RXNORM
from profiles.strictness import Strictness
from tests import wire
from tests.conftest import NOW
from tests.houses import PLAYED, House, by_name, house
from tests.packages import bundles_with
from tests.serving import actions_of, serving

BASES = {"2.2.1": "/fhir", "2.0.1": "/2.0.1/fhir"}
VERSIONS = sorted(BASES)
STORIES = [story for story in load_stories(Path(__file__).parents[2] / "fixtures" / "stories") if not story.listens]
AUTHORIZATION = next(story for story in STORIES if story.name == "prior-authorization")
REDUCTION = next(story for story in STORIES if story.name == "modified-approval")


class Ear:
    """Sends what it is given, to the base of one version, and hears every fault in what comes back."""

    def __init__(self, client: FlaskClient, version: str) -> None:
        self.client, self.version = client, version
        self.sent: dict[str, set[bytes]] = {}
        self.faults: list[str] = []
        self.heard: list[str] = []

    def send(self, request: Request) -> Reply:
        path = f"{BASES[self.version]}{self._own(request.path)}" if _of_fhir(request) else request.path
        headers = {"Content-Type": request.content_type, "Accept": request.content_type, "Host": "127.0.0.1:8080"}
        got = self.client.open(path, method=request.method, data=request.body, headers=headers)
        self._hear(path, request.body, got.status_code, got.data)
        return Reply(got.status_code, got.data, 0.0)

    def post(self, operation: str, body: bytes) -> dict[str, Any]:
        path = f"/fhir/Claim/{operation}"
        answer: dict[str, Any] = json.loads(self.send(Request("POST", path, body, "application/fhir+json")).body)
        return answer

    def _own(self, path: str) -> str:
        return path.removeprefix("/2.0.1").removeprefix("/fhir")

    def _hear(self, path: str, asked: bytes, status: int, answer: bytes) -> None:
        if status != 200 or not path.startswith(tuple(BASES.values())):
            return
        self.heard.append(path)
        if path.endswith("$submit"):
            entries = wire.came(asked)
            for url, raw in entries.items():
                self.sent.setdefault(url, set()).add(raw)
            found = [
                *wire.of_submit(answer, self.version, self.sent, [json.loads(raw) for raw in entries.values()]),
                *self._read(answer),
            ]
        elif path.endswith("$inquire"):
            found = list(wire.of_inquiry(answer, self.version, self.sent))
        else:
            found = list(wire.of_read(answer, self.version)) if "/ClaimResponse/" in path else []
        self.faults += [f"{len(self.heard)} {path}: {fault}" for fault in found]

    def _read(self, answer: bytes) -> list[str]:
        """The same case once more, as a read gives it."""
        case_id = json.loads(answer)["entry"][0]["resource"]["id"]
        got = self.client.get(f"{BASES[self.version]}/ClaimResponse/{case_id}")
        return [f"read: {fault}" for fault in wire.of_read(got.data, self.version)]


@pytest.fixture(scope="module")
def shared(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One server for all stories."""
    with house(sqlite_template, tmp_path_factory.mktemp("wire")) as made:
        yield made


@pytest.fixture
def client(sqlite_url: str) -> Iterator[FlaskClient]:
    """Lenient, for each request is sent to both bases and written for one of them."""
    with serving(sqlite_url, validation=Strictness.LENIENT) as made:
        yield made


@pytest.mark.spec("pas:conf-15", "pas:spec-44", "pas:use-1")
@pytest.mark.parametrize(("story", "version"), PLAYED, ids=by_name)
@pytest.mark.spec("pas:conf-6")
@pytest.mark.spec("pas:spec-30")
@pytest.mark.spec("pas:spec-31")
@pytest.mark.spec("pas:spec-33")
@pytest.mark.spec("pas:spec-34")
@pytest.mark.spec("pas:spec-36")
@pytest.mark.spec("pas:spec-37")
@pytest.mark.spec("pas:spec-46")
@pytest.mark.spec("pas:prof-2")
@pytest.mark.spec("pas:prof-3")
def test_every_answer_of_a_story_is_lawful_in_both_versions(story: Story, version: str, shared: House) -> None:
    ear = Ear(shared.client, version)

    steps = shared.play(story, version, f"heard-{version}", ear.send)

    assert len(ear.heard) == len([s for s in steps if _is_fhir(s) and s.reply.status == 200])
    assert ear.faults == []


def _is_fhir(step: Played) -> bool:
    return step.request is not None and _of_fhir(step.request)


def _of_fhir(request: Request) -> bool:
    return request.path.startswith(tuple(BASES.values()))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.spec("pas:spec-30")
@pytest.mark.spec("pas:spec-31")
@pytest.mark.spec("pas:spec-33")
def test_every_answer_to_an_official_example_is_lawful(version: str, client: FlaskClient) -> None:
    ear = Ear(client, version)
    examples = bundles_with(f"davinci_pas_{version}", "Claim")

    for name, (raw, _) in sorted(examples.items(), key=lambda example: "Inquiry" in example[0]):
        ear.post("$inquire" if "Inquiry" in name else "$submit", raw)

    assert len(ear.heard) == len(examples) >= 6
    assert ear.faults == []


def _asked(step: str, story: Story = AUTHORIZATION) -> dict[str, Any]:
    """A request of the story, with today's dates."""
    told = next(told for told in story.steps if told.name == step)
    told = replace(told, replace={})
    return json.loads(prepare(story, told, {}, "asked", NOW.date()).body)


def _number_of(answer: dict[str, Any]) -> str:
    return answer["entry"][0]["resource"]["preAuthRef"]


def _answers(answer: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """The ClaimResponses of each Bundle of an inquiry answer."""
    is_parameters = answer["resourceType"] == "Parameters"
    returned = [p["resource"] for p in answer.get("parameter", []) if p["name"] == "return"]
    bundles = returned if is_parameters else [answer]
    resources = [[entry["resource"] for entry in bundle["entry"]] for bundle in bundles]
    return [[r for r in inside if r["resourceType"] == "ClaimResponse"] for inside in resources]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.spec("pas:spec-43")
@pytest.mark.spec("pas:spec-46")
@pytest.mark.spec("pas:spec-47")
def test_an_inquiry_may_find_none_one_or_many(version: str, client: FlaskClient) -> None:
    ear = Ear(client, version)
    inquiry = _asked("found")
    claim = inquiry["entry"][0]["resource"]

    none = ear.post("$inquire", json.dumps(inquiry).encode())
    approved = ear.post("$submit", json.dumps(_asked("approved")).encode())
    ear.post("$submit", json.dumps(_asked("pended")).encode())
    claim["extension"][0]["valueString"] = _number_of(approved)
    one = ear.post("$inquire", json.dumps(inquiry).encode())
    del claim["extension"]
    many = ear.post("$inquire", json.dumps(inquiry).encode())

    apart = version == "2.2.1"
    assert _answers(none) == ([] if apart else [[]])
    assert [[r["preAuthRef"] for r in inside] for inside in _answers(one)] == [[_number_of(approved)]]
    assert [len(inside) for inside in _answers(many)] == ([1, 1] if apart else [2])
    assert not [r for inside in _answers(many) for r in inside if "communicationRequest" in r]
    assert ear.faults == []


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.spec("pas:conf-4")
def test_an_inquiry_may_name_the_certification_type(version: str, client: FlaskClient) -> None:
    ear = Ear(client, version)
    ear.post("$submit", json.dumps(_asked("approved")).encode())
    inquiry = _asked("found")

    found = {}
    for code in ("I", "R", "3"):
        coding = {"system": "https://codesystem.x12.org/005010/1322", "code": code}
        certification = {"url": f"{wire.PAS}extension-certificationType", "valueCodeableConcept": {"coding": [coding]}}
        inquiry["entry"][0]["resource"]["extension"] = [certification]
        found[code] = sum(map(len, _answers(ear.post("$inquire", json.dumps(inquiry).encode()))))

    assert found == {"I": 1, "R": 0, "3": 0}
    assert ear.faults == []


def _decided(ear: Ear, case_id: str, **ruling: Any) -> Reply:
    reviewer = {"id": "dr-irene-falk", "npi": "1910200405"}
    text = "Twelve visits fit the goals that were set."
    basis = {"considered": ["request"], "alternative": "More can be asked for.", "attestation": True}
    line = {"sequence": 1, "action": "modify", "reason": "qty-reduced", "text": text, "basis": basis} | ruling
    opening = {"role": "physician", "reviewer": reviewer}
    body = {"version": 1, **opening, "lines": [line]}
    path = f"/um/v1/cases/{case_id}"
    ear.send(Request("POST", f"{path}/openings", json.dumps(opening).encode(), "application/json"))
    return ear.send(Request("POST", f"{path}/decisions", json.dumps(body).encode(), "application/json"))


def _read(ear: Ear, case_id: str) -> dict[str, Any]:
    got = ear.send(Request("GET", f"/fhir/ClaimResponse/{case_id}", b"", "application/fhir+json"))
    read: dict[str, Any] = json.loads(got.body)
    return read


def _authorized_amount(response: dict[str, Any]) -> Any:
    if "addItem" in response:
        return response["addItem"][0]["quantity"]
    told = {e["url"].rpartition("-")[2]: e for e in response["item"][0]["extension"]}
    return next(p["valueQuantity"] for p in told["itemAuthorizedDetail"]["extension"] if p["url"] == "quantity")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("asked", "ruled", "told"),
    [
        ({"unit": "visits"}, {}, {"unit": "visits"}),
        ({"system": f"{wire.X12}005010/673", "code": "VS"}, {}, {"system": f"{wire.X12}005010/673", "code": "VS"}),
        ({}, {"unit": "visits"}, {"unit": "visits"}),
    ],
)
@pytest.mark.spec("pas:prof-2")
def test_a_reduced_amount_is_told_with_a_unit(asked, ruled, told, version: str, client: FlaskClient) -> None:
    ear = Ear(client, version)
    body = _asked("pended", REDUCTION)
    body["entry"][0]["resource"]["item"][0]["quantity"] = {"value": 20} | asked
    case_id = ear.post("$submit", json.dumps(body).encode())["entry"][0]["resource"]["id"]

    if not asked:
        refused = _decided(ear, case_id, authorized={"quantity": {"value": 12}})
        assert refused.status == 422 and b"give a unit" in refused.body
    assert _decided(ear, case_id, authorized={"quantity": {"value": 12} | ruled}).status == 200

    assert _authorized_amount(_read(ear, case_id)) == {"value": 12} | told
    assert ear.faults == []


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("value", [20, 30])
def test_a_reduction_that_reduces_nothing_is_refused(value: int, version: str, client: FlaskClient) -> None:
    ear = Ear(client, version)
    asked = json.dumps(_asked("pended", REDUCTION)).encode()
    case_id = ear.post("$submit", asked)["entry"][0]["resource"]["id"]

    assert _decided(ear, case_id, authorized={"quantity": {"value": value}}).status == 422
    assert actions_of({"entry": [{"resource": _read(ear, case_id)}]}) == {1: "A4"}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_number_that_was_handed_out_is_told(version: str, client: FlaskClient) -> None:
    ear = Ear(client, version)
    body = _asked("approved")
    body["entry"][0]["resource"]["item"][0]["productOrService"] = {"coding": [{"system": RXNORM, "code": "327361"}]}

    response = ear.post("$submit", json.dumps(body).encode())["entry"][0]["resource"]
    line = json.loads(client.get(f"/um/v1/cases/{response['id']}").data)["lines"][0]

    told = {e["url"].rpartition("-")[2]: e for e in response["item"][0]["extension"]}
    assert line["state"] == "dismissed"
    assert told["administrationReferenceNumber"]["valueString"] == line["administrativeReference"] != ""


@pytest.mark.parametrize("version", VERSIONS)
def test_a_cancelled_line_tells_the_number_it_had(version: str, client: FlaskClient) -> None:
    ear = Ear(client, version)
    asked = json.dumps(_asked("pended", REDUCTION)).encode()
    case_id = ear.post("$submit", asked)["entry"][0]["resource"]["id"]
    decided = json.loads(_decided(ear, case_id, authorized={"quantity": {"value": 12}}).body)

    cancelled = ear.post("$submit", json.dumps(_asked("tidied", REDUCTION)).encode())["entry"][0]["resource"]

    told = {e["url"].rpartition("-")[2]: e for e in cancelled["item"][0]["extension"]}
    assert cancelled["id"] == case_id and "preAuthRef" not in cancelled
    assert told["authorizationNumber"]["valueString"] == decided["lines"][0]["authorizationNumber"]
    assert ear.faults == []


SPOILERS = {
    "an item twice": lambda r: r["item"].append(r["item"][0]),
    "A2 on a line": lambda r: _review(r)[-1]["valueCodeableConcept"]["coding"][0].update(code="A2"),
    "no period of dates": lambda r: r["preAuthPeriod"].update(start="2027-01-01", end="2026-01-01"),
    "a note that is not there": lambda r: r["item"][0].update(noteNumber=[9]),
    "an extension elsewhere": lambda r: r["item"][0].update(extension=[{"url": f"{wire.PAS}extension-epsdtIndicator"}]),
    "a relative reference": lambda r: r["patient"].update(reference="Patient/1"),
    "an empty list": lambda r: r.update(identifier=[]),
    "queued": lambda r: r.update(outcome="queued"),
    "a date of three": lambda r: r.update(created="2026-3-2"),
    "a modified line without its addition": lambda r: _review(r)[-1]["valueCodeableConcept"]["coding"][0].update(
        code="A6"
    ),
}


def _review(response: dict[str, Any]) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = response["item"][0]["adjudication"][0]["extension"][0]["extension"]
    return parts


@pytest.mark.parametrize("name", SPOILERS)
def test_the_checker_finds_what_is_spoiled(name: str, client: FlaskClient) -> None:
    ear = Ear(client, "2.2.1")
    asked = json.dumps(_asked("approved")).encode()
    answer = ear.post("$submit", asked)
    assert ear.faults == []

    SPOILERS[name](answer["entry"][0]["resource"])

    resources = {entry["fullUrl"]: entry["resource"] for entry in answer["entry"]}
    found = [*wire.links(resources), *wire.of_claim_response(answer["entry"][0]["resource"], "2.2.1", inquiry=False)]
    assert found != []
