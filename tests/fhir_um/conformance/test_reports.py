"""The report of one run, in all its forms: complete, readable, escaped, without secrets."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from fhir_um.conformance.kept import file_name, whole
from fhir_um.conformance.model import Each, Fault, Strength, Whole
from fhir_um.conformance.report_html import as_html
from fhir_um.conformance.report_json import as_plain
from fhir_um.conformance.report_junit import as_xml
from fhir_um.conformance.reporting import REPORT, write_report
from fhir_um.conformance.running import Run, run_suites
from fhir_um.conformance.stage import BrokenOff, Scene, Stage
from tests.fhir_um.conformance.playing_for import TESTER, answering, check, exchange, housed, sending, suite

EVIL = "<script>alert('x')</script>\x00"
TOKEN = "Bearer not-for-anybody-to-read"


def breaking(_stage: Stage) -> None:
    raise BrokenOff("at found: step asked gave no case")


def with_secret(stage: Stage) -> None:
    stage.send("told", "POST", f"{stage.base}/Claim/$submit", b'{"a": 1.50}', headers={"Authorization": TOKEN})


CHECKS = (
    check(),
    check("tiny.evil.text", title=EVIL, judge=Each(("submit",), lambda _exchange: [Fault(EVIL, "ClaimResponse.id")])),
    check("tiny.wish.text", strength=Strength.SHOULD, judge=Each(("submit",), lambda _exchange: [Fault("a wish")])),
    check("tiny.evil.rests", rests_on=("tiny.evil.text",)),
    check("tiny.none.heard", judge=Each(("notification",), lambda _exchange: [])),
    check("tiny.out.left", omitted=lambda _tester: "this server has no such thing", requirements=(), public=()),
    check("tiny.whole.text", judge=Whole(("submit",), lambda _session: [Fault("Both are the same.")])),
)
SCENES = (sending(), Scene("secret", "One with a token", with_secret), Scene("breaks", "One that breaks", breaking))


@pytest.fixture(scope="module")
def run() -> Run:
    with housed(answering({"resourceType": "ClaimResponse", "id": EVIL})) as house:
        return run_suites([suite(*CHECKS, scenes=SCENES)], TESTER, house)


@pytest.fixture(scope="module")
def folder(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("report") / "new"
    write_report(run, place)
    return place


class Page(HTMLParser):
    """What a browser would see: tags that are left open, links, ids, text."""

    EMPTY = frozenset({"meta", "br"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        known = dict(attrs)
        self.ids += [known["id"]] if known.get("id") else []  # type: ignore[list-item]
        self.links += [known["href"]] if known.get("href") else []  # type: ignore[list-item]
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_a_report_is_a_folder_with_everything(folder: Path) -> None:
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}

    assert files == {
        REPORT,
        "report.json",
        "junit.xml",
        "exchanges/tiny/asks--asked.txt",
        "exchanges/tiny/secret--told.txt",
    }


def test_no_form_of_it_holds_a_secret(folder: Path) -> None:
    for path in folder.rglob("*.*"):
        assert "not-for-anybody" not in path.read_text("utf-8"), path


# --- the page ---------------------------------------------------------------------------------------------------------


def test_the_page_is_whole_and_every_link_leads_somewhere(folder: Path) -> None:
    page = Page((folder / REPORT).read_text("utf-8"))

    assert page.open == []
    assert len(set(page.ids)) == len(page.ids)
    for link in set(page.links):
        assert link.removeprefix("#") in page.ids if link.startswith("#") else (folder / link).is_file(), link


def test_the_page_needs_no_script_and_nothing_from_elsewhere(run: Run) -> None:
    page = Page(as_html(run))

    assert not page.tags & {"script", "img", "link", "iframe", "object"}
    assert not [link for link in page.links if link.startswith("http")]


def test_what_the_server_says_is_only_ever_text(run: Run) -> None:
    text = as_html(run)

    assert "<script>alert" not in text
    assert text.count("&lt;script&gt;alert(") >= 3


def test_the_page_tells_of_each_check_why_it_ended_so(run: Run) -> None:
    text = re.sub(r"<[^>]+>", " ", as_html(run))

    for told in (
        "Not passed",
        "pas:spec-33",
        "pas-v221:2.1.1.02",
        "a wish",
        "Both are the same.",
        "ClaimResponse.id",
        "at found: step asked gave no case",
        "this server has no such thing",
        "no guide says it, users rely on it",
        "not judged: it looks at the same answers, where a fault is told by tiny.evil.text",
        "2 checks that a guide insists on could not be judged",
        "http://payer.test/fhir/Claim/$submit",
        "Claim/$submit",
        "15000",
    ):
        assert told in text, told


def test_the_part_a_fault_is_about_is_shown() -> None:
    body = {"resourceType": "Bundle", "entry": [{"resource": {"outcome": "queued"}}], "padding": ["x"] * 100}
    fault = Fault("It is queued.", "Bundle.entry[0].resource.outcome")
    checks = check(judge=Each(("submit",), lambda _exchange: [fault]))
    with housed(answering(body)) as house:
        text = as_html(run_suites([suite(checks)], TESTER, house))

    assert ", around <code>Bundle.entry[0].resource.outcome</code></h4>" in text
    assert '<pre tabindex="0">{\n  &#34;outcome&#34;: &#34;queued&#34;\n}</pre>' in text
    assert "more characters" not in text


def test_a_run_without_any_fault_says_so() -> None:
    with housed(answering()) as house:
        text = as_html(run_suites([suite()], TESTER, house))

    assert "what to look at" not in text
    assert "Passed: conformance of http://payer.test" in text


def test_a_notification_is_shown_as_what_the_server_sent(run: Run) -> None:
    checks = (check(judge=Each((), lambda each: [Fault("It is empty.")] if each.came_in else [])),)

    def hears(stage: Stage) -> None:
        stage.exchanges.append(exchange("hears/heard", "notification", came_in=True, sent=b'{"type": "history"}'))  # type: ignore[attr-defined]

    with housed(answering()) as house:
        text = as_html(run_suites([suite(*checks, scenes=(Scene("hears", "It hears", hears),))], TESTER, house))

    assert "the server sent: POST" in text
    assert ", around" not in text
    assert "&#34;history&#34;" in text


# --- for programs -----------------------------------------------------------------------------------------------------


def test_the_json_holds_every_check_and_every_exchange(run: Run, folder: Path) -> None:
    content = json.loads((folder / "report.json").read_text("utf-8"))

    assert content == json.loads(json.dumps(as_plain(run)))
    (of_suite,) = content["suites"]
    assert (content["server"], content["passed"], of_suite["name"]) == ("http://payer.test", False, "tiny")
    assert of_suite["counts"] == {"passed": 1, "failed": 2, "warned": 1, "skipped": 2, "omitted": 1}
    found = {each["id"]: each for each in of_suite["checks"]}
    assert found["tiny.evil.text"]["found"][0] == {
        "exchange": "asks/asked",
        "faults": [{"text": EVIL, "path": "ClaimResponse.id"}],
    }
    assert [each["brokenOff"] for each in of_suite["scenes"]][2] == "at found: step asked gave no case"
    assert all((folder / each["file"]).is_file() for each in of_suite["exchanges"])


def _cases(root: ElementTree.Element) -> Iterator[tuple[str, list[str]]]:
    for case in root.iter("testcase"):
        yield case.attrib["name"].partition(":")[0], [child.tag for child in case]


def test_the_xml_has_a_case_for_each_check(run: Run, folder: Path) -> None:
    root = ElementTree.parse(folder / "junit.xml").getroot()  # noqa: S314 we wrote it

    assert dict(_cases(root)) == {
        "tiny.status.ok": [],
        "tiny.evil.text": ["failure"],
        "tiny.wish.text": ["system-out"],
        "tiny.evil.rests": ["failure"],
        "tiny.none.heard": ["failure"],
        "tiny.out.left": ["skipped"],
        "tiny.whole.text": ["failure"],
    }
    assert "ClaimResponse.id" in "".join(failure.text or "" for failure in root.iter("failure"))
    assert ElementTree.tostring(as_xml(run)).count(b"<testcase") == 7


def test_the_xml_keeps_to_the_usual_schema(folder: Path) -> None:
    """The attributes and their order of children as readers of JUnit XML expect them."""
    root = ElementTree.parse(folder / "junit.xml").getroot()  # noqa: S314 we wrote it
    (of_suite,) = root

    assert (root.tag, of_suite.tag) == ("testsuites", "testsuite")
    assert (root.attrib["tests"], root.attrib["failures"], root.attrib["errors"]) == ("7", "4", "0")
    assert of_suite.attrib.items() >= {"tests": "7", "failures": "4", "errors": "0", "skipped": "1"}.items()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", of_suite.attrib["timestamp"])
    assert [child.tag for child in of_suite] == ["properties", *["testcase"] * 7]
    assert all({"name", "classname", "time"} == set(case.attrib) for case in root.iter("testcase"))
    assert all({"message", "type"} == set(failure.attrib) for failure in root.iter("failure"))


# --- exchanges --------------------------------------------------------------------------------------------------------


def test_an_exchange_is_kept_whole_with_its_numbers_as_written(folder: Path) -> None:
    text = (folder / "exchanges/tiny/secret--told.txt").read_text("utf-8")

    assert "POST http://payer.test/fhir/Claim/$submit\n" in text
    assert "authorization: Bearer (secret 1)\n" in text
    assert '"a": 1.50' in text
    assert "\n200\ncontent-type: application/fhir+json\n" in text


def test_file_names_are_made_of_letters_that_every_system_takes() -> None:
    assert file_name("tiny", exchange("a scene/..\\odd/name")) == "exchanges/tiny/a-scene--odd-name.txt"


def test_an_exchange_without_an_answer_says_so() -> None:
    assert "\nnothing came back\n" in whole(exchange(status=0, headers={}, body=b""))


def test_a_file_is_never_called_longer_than_a_system_takes() -> None:
    assert len(Path(file_name("tiny", exchange(f"{'a' * 500}/{'../' * 500}b"))).name) < 255
