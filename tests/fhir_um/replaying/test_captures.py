"""Captures in every format that is read: our own, HAR, and the reports of the conformance runner."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from fhir_um.replaying.capture import Capture, Unreadable
from fhir_um.replaying.captures import read_captures

URL = "https://um.example.org/fhir/Claim/$submit?x=1"
ASKED = {"method": "post", "url": URL, "headers": {"Content-Type": "application/fhir+json"}, "body": {"a": 1.50}}
TOLD = {"status": 200, "headers": {"Content-Type": "application/fhir+json"}, "body": {"b": 2}}
PAIR = {"request": ASKED, "response": TOLD}
FLAT = {
    "key": "approved/submit",
    "method": "POST",
    "url": URL,
    "sent_headers": ASKED["headers"],
    "sent": ASKED["body"],
    "status": 200,
    "headers": TOLD["headers"],
    "body": TOLD["body"],
    "milliseconds": 12.5,
}


def written(path: Path, content: Any) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def is_as_captured(capture: Capture) -> bool:
    return (capture.method, capture.path, capture.origin, json.loads(capture.body), capture.status) == (
        "POST",
        "/fhir/Claim/$submit?x=1",
        "https://um.example.org",
        {"a": 1.5},
        200,
    ) and json.loads(capture.answer) == {"b": 2}


@pytest.mark.parametrize(
    "content",
    [PAIR, [PAIR], FLAT, [FLAT], f"{json.dumps(PAIR)}\n\n{json.dumps(PAIR)}\n"],
    ids=["pair", "list", "flat", "list of flat", "lines"],
)
def test_our_own_formats_say_the_same(content: Any, tmp_path: Path) -> None:
    captures = read_captures(written(tmp_path / "one.json", content))

    assert captures != []
    assert all(is_as_captured(capture) for capture in captures)


def test_bodies_may_be_text_and_absent_and_paths_without_a_server(tmp_path: Path) -> None:
    asked = {"path": "/cds-services"}
    (capture,) = read_captures(
        written(tmp_path / "one.json", {"request": asked, "response": {"status": 500, "body": "<html/>"}})
    )

    assert (capture.method, capture.path, capture.body, capture.answer) == ("GET", "/cds-services", b"", b"<html/>")


def entry(started: str, method: str, url: str, kind: str = "application/json", **posted: Any) -> Any:
    text = base64.b64encode(b'{"b":2}').decode()
    request: dict[str, Any] = {"method": method, "url": url, "headers": [{"name": ":authority", "value": "x"}]}
    if posted:
        request["postData"] = posted
    content = {"mimeType": kind, "encoding": "base64", "text": text}
    headers = [{"name": "content-type", "value": kind}]
    return {
        "startedDateTime": started,
        "request": request,
        "response": {"status": 200, "headers": headers, "content": content},
    }


def test_a_har_is_read_in_the_order_of_its_times(tmp_path: Path) -> None:
    entries = [
        entry("2026-11-22T10:00:02Z", "POST", URL, text='{"a":1.5}'),
        entry("2026-11-22T10:00:01Z", "GET", "https://um.example.org/app.js", "text/javascript"),
        entry("2026-11-22T10:00:03Z", "POST", URL, params=[{"name": "a", "value": "1"}]),
        entry("2026-11-22T10:00:04Z", "GET", "data:image/png;base64,xx"),
    ]

    script, posted, form = read_captures(written(tmp_path / "session.har", {"log": {"entries": entries}}))

    assert is_as_captured(posted)
    assert [capture.is_of_data for capture in (script, posted, form)] == [False, True, True]
    assert form.body == b"a=1"


TEXT = """# approved/submit (approved, submit)
# 12.5 ms

POST https://um.example.org/fhir/Claim/$submit?x=1
content-type: application/fhir+json
authorization: Bearer (secret 1)

{
  "a": 1.5
}

200
content-type: application/fhir+json

{
  "b": 2
}
"""


def test_a_report_of_the_runner_is_read_in_its_order(tmp_path: Path) -> None:
    folder = tmp_path / "exchanges" / "pas-2.2.1"
    folder.mkdir(parents=True)
    written(folder / "b.txt", TEXT)
    written(folder / "a.txt", TEXT.replace("x=1", "x=2"))
    written(folder / "c.txt", TEXT.replace("# 12.5 ms", "# the server sent this to us"))
    exchanges = [
        {"key": name, "cameIn": name == "c", "file": f"exchanges/pas-2.2.1/{name}.txt"} for name in ("b", "c", "a")
    ]
    written(tmp_path / "report.json", {"suites": [{"name": "pas-2.2.1", "exchanges": exchanges}]})

    for path in (tmp_path, tmp_path / "report.json", tmp_path / "exchanges"):
        first, second = read_captures(path)
        assert is_as_captured(first)
        assert second.path == "/fhir/Claim/$submit?x=2"
    assert len(read_captures(folder)) == 2


def test_an_exchange_without_bodies_or_answer_is_read(tmp_path: Path) -> None:
    bare = "# x ()\n# 1.0 ms\n\nDELETE http://h/fhir/Subscription/1\naccept: application/json\n\n\n\n204\n\n\n"
    silent = bare.replace("204", "nothing came back")

    (capture,) = read_captures(written(tmp_path / "bare.txt", bare))

    assert (capture.method, capture.status, capture.body, capture.answer) == ("DELETE", 204, b"", b"")
    with pytest.raises(Unreadable, match="no captured requests"):
        read_captures(written(tmp_path / "silent.txt", silent))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.json", "{", "neither JSON nor JSON Lines"),
        ("a.jsonl", f"{json.dumps(PAIR)}\n{{\n", r"line 2"),
        ("a.json", {"request": {}}, "no capture that can be read"),
        ("a.json", {"method": "GET"}, "no capture that can be read"),
        ("a.json", [1], "no capture that can be read"),
        ("a.har", {"log": {}}, "no capture that can be read"),
        ("a.har", {"log": {"entries": []}}, "no captured requests"),
        ("a.txt", "hello", "no line such as GET"),
        ("a.txt", "GET http://h/\n\n\n", "no line with the status"),
        ("report.json", {"suites": [{"name": "s", "exchanges": [{"key": "k", "file": "gone.txt"}]}]}, "No such file"),
    ],
)
def test_what_cannot_be_read_is_named(name: str, content: Any, said: str, tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=said):
        read_captures(written(tmp_path / name, content))


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="There is no"):
        read_captures(tmp_path / "none.json")


def test_a_folder_is_read_by_name(tmp_path: Path) -> None:
    for name in ("b", "a"):
        written(tmp_path / f"{name}.json", {**FLAT, "key": name})

    assert [capture.name for capture in read_captures(tmp_path)] == ["a", "b"]


def test_a_method_that_is_none_is_refused(tmp_path: Path) -> None:
    row = {**FLAT, "method": "GET / HTTP/1.1\r\nX-Evil: 1\r\n\r\nGET"}

    with pytest.raises(Unreadable, match="its method is"):
        read_captures(written(tmp_path / "a.json", row))


def test_a_report_names_no_files_outside_its_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("GET http://a/\n\n\n200\n")
    folder = tmp_path / "report"
    folder.mkdir()
    suites = [{"name": "x", "exchanges": [{"key": "k", "file": "../secret.txt"}]}]
    written(folder / "report.json", {"suites": suites})

    with pytest.raises(Unreadable, match="is not below"):
        read_captures(folder)


@pytest.mark.parametrize("depth", [200, 100_000])
def test_what_is_nested_without_end_is_no_capture(depth: int, tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="neither JSON"):
        read_captures(written(tmp_path / "a.json", "[" * depth + "]" * depth))
