"""What the server says itself, held against the profiles of its base: no errors, and nothing to warn of.

`tests.serving` has the server look at its own answers and fails a test with a faulty one, so every test of a story does
this on the way. Here the stories go to both bases, and every door is opened.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from fhir_um.api.forms import FORM
from fhir_um.stories.playing import Reply, Request, Story
from profiles.issues import Issue
from profiles.reading import Limits, read_json
from profiles.strictness import Strictness
from tests.houses import PLAYED, House, by_name, house
from tests.packages import bundles_with
from tests.serving import serving
from tests.validators import validator_for

BASES = {"2.2.1": "/fhir", "2.0.1": "/2.0.1/fhir"}
VERSIONS = sorted(BASES)
OTHER = {"2.2.1": "2.0.1", "2.0.1": "2.2.1"}
TOLD = [(story, version) for story, version in PLAYED if any("/fhir/" in step.path for step in story.steps)]
"""The stories that speak of requests, on every base they are for."""
FOREIGN = frozenset(
    {"inquiry-ways", "modified-approval", "prior-authorization", "renewed", "several-lines", "wrong-people"}
)
"""Stories that are told to the other base as well, in the words of the one they are for, and read again."""
READ_AGAIN = ("ClaimResponse", "Claim")
NO_CONTENT = 204
LIMITS = Limits(10_000_000, 100, 10_000)
FHIR = {"Accept": "application/fhir+json", "Host": "127.0.0.1:8080"}


class Base:
    """One base of a server; remembers every finding about its answers that somebody should act on."""

    def __init__(self, client: FlaskClient, version: str, kinds: tuple[str, ...] = READ_AGAIN) -> None:
        self.client, self.version, self.kinds = client, version, kinds
        self.answers: list[str] = []
        self.findings: list[tuple[str, Issue]] = []

    def ask(self, method: str, path: str, body: bytes = b"") -> Reply:
        media = FORM if path.endswith("/_search") else "application/fhir+json"
        got = self.client.open(BASES[self.version] + path, method=method, data=body, headers=FHIR, content_type=media)
        if got.status_code == NO_CONTENT:
            return Reply(got.status_code, got.data, 0.0)
        answer = read_json(got.data, LIMITS)
        self.answers.append(answer["resourceType"])
        found = validator_for(self.version).check(answer)
        self.findings += [(f"{method} {path}", issue) for issue in found if issue.severity != "information"]
        return Reply(got.status_code, got.data, 0.0)

    def send(self, request: Request) -> Reply:
        if request.path.startswith(("/um/", "/cds-services")):
            headers = {"Host": FHIR["Host"], "Content-Type": request.content_type}
            got = self.client.open(request.path, method=request.method, data=request.body, headers=headers)
            return Reply(got.status_code, got.data, 0.0)
        reply = self.ask(request.method, request.path.removeprefix("/2.0.1").removeprefix("/fhir"), request.body)
        if request.path.endswith("$submit") and reply.status == 200:
            self._look_again(reply)
        return reply

    def _look_again(self, reply: Reply) -> None:
        """The same case as reads and searches give it."""
        response = read_json(reply.body, LIMITS)["entry"][0]["resource"]
        number = response["identifier"][0]["value"]
        for kind in self.kinds:
            self.ask("GET", f"/{kind}/{response['id']}")
            self.ask("GET", f"/{kind}?identifier={number}")


@pytest.fixture
def strict(sqlite_url: str) -> Iterator[FlaskClient]:
    with serving(sqlite_url) as made:
        yield made


@pytest.fixture(scope="module")
def shared(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One server for all stories."""
    with house(sqlite_template, tmp_path_factory.mktemp("own")) as made:
        yield made


@pytest.fixture(scope="module")
def lenient(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Takes requests of the other version too, and tells what is wrong with them; a Claim is read as it came."""
    with house(sqlite_template, tmp_path_factory.mktemp("lenient"), Strictness.LENIENT) as made:
        yield made


@pytest.mark.spec("pas:conf-15", "hrex:conf-3")
@pytest.mark.parametrize(("story", "version"), TOLD, ids=by_name)
def test_every_answer_of_a_story_meets_its_profiles(story: Story, version: str, shared: House) -> None:
    base = Base(shared.client, version, READ_AGAIN if story.name in FOREIGN else ())

    shared.play(story, version, f"own-{version}", base.send)

    assert base.answers != []
    assert base.findings == []


@pytest.mark.parametrize(("story", "version"), [told for told in TOLD if told[0].name in FOREIGN], ids=by_name)
def test_what_we_say_meets_its_profiles_where_requests_need_not(story: Story, version: str, lenient: House) -> None:
    base = Base(lenient.client, OTHER[version], kinds=("ClaimResponse",))

    lenient.play(story, version, f"foreign-{version}", base.send)

    assert {"Bundle", "Parameters", "OperationOutcome"} & set(base.answers)
    assert base.findings == []


@pytest.mark.parametrize("version", VERSIONS)
def test_every_answer_to_an_official_example_meets_its_profiles(version: str, strict: FlaskClient) -> None:
    base = Base(strict, version)
    examples = bundles_with(f"davinci_pas_{version}", "Claim")

    for name, (raw, _) in sorted(examples.items(), key=lambda example: "Inquiry" in example[0]):
        operation = "$inquire" if "Inquiry" in name else "$submit"
        base.send(Request("POST", f"/Claim/{operation}", raw, "application/fhir+json"))

    assert len(base.answers) >= len(examples)
    assert base.findings == []


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/metadata", b""),
        ("GET", "/ClaimResponse?identifier=none", b""),
        ("GET", "/ClaimResponse", b""),
        ("POST", "/ClaimResponse/_search", b"identifier=none"),
        ("GET", "/Claim/none", b""),
        ("GET", "/Patient/1", b""),
        ("DELETE", "/Claim/1", b""),
        ("POST", "/Claim/$submit", b"{"),
        ("POST", "/Claim/$submit", b"[]"),
        ("POST", "/Claim/$inquire", b'{"resourceType": "Bundle", "entry": [{}]}'),
        ("POST", "/Claim/$submit", b'{"a\\u0000": 1, "a\\u0000": 2}'),
    ],
)
def test_every_other_door_answers_by_the_book(
    method: str, path: str, body: bytes, version: str, strict: FlaskClient
) -> None:
    base = Base(strict, version)

    base.ask(method, path, body)

    assert len(base.answers) == 1
    assert base.findings == []
