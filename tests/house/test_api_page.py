"""`docs/api.md` tells the truth: its curl lines are run as written, in order, and answer what stands below them."""

import json
import re
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from tests.fhir_um.doors import open_doors

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/api.md").read_text("utf-8")
EXAMPLES = re.findall(r"```sh\n(curl .*?)```\n(?:(?!```).)*?```json\n(.*?)```", PAGE, re.DOTALL)
OPTIONS = {"-H": "header", "--data-binary": "data", "-d": "data"}


def asked(command: str) -> tuple[str, dict[str, str], bytes | None]:
    """The address, headers and body of a curl command."""
    _, url, *words = shlex.split(command.replace("\\\n", " "))
    given = {OPTIONS[option]: value for option, value in zip(words[::2], words[1::2], strict=True)}
    data = given.get("data")
    body = (ROOT / data[1:]).read_bytes() if data and data.startswith("@") else data.encode() if data else None
    name, _, value = given.get("header", "").partition(": ")
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path, {name: value} if name else {}, body


def sent(client: FlaskClient, command: str) -> Any:
    path, headers, body = asked(command)
    return client.open(path, method="GET" if body is None else "POST", headers=headers, data=body).json


def differences(shown: Any, answer: Any, path: str = "$") -> list[str]:
    """Where the answer lacks what is shown; "..." stands for any value."""
    if shown == "...":
        return [] if answer not in (None, "") else [f"{path} is absent"]
    if isinstance(shown, dict) and isinstance(answer, dict):
        return [d for key, one in shown.items() for d in differences(one, answer.get(key), f"{path}.{key}")]
    if isinstance(shown, list) and isinstance(answer, list) and len(shown) <= len(answer):
        return [d for n, one in enumerate(shown) for d in differences(one, answer[n], f"{path}[{n}]")]
    return [] if shown == answer else [f"{path} is {answer!r}, shown is {shown!r}"]


def filled(text: str, ids: dict[str, str]) -> str:
    """The text with the ids that the server gave in this run."""
    for name, id in ids.items():
        text = text.replace(name, id)
    return text


def test_every_example_is_answered_as_shown(sqlite_url: str) -> None:
    faults = []
    with open_doors(sqlite_url) as client:
        ids = {"CASE_ID": sent(client, EXAMPLES[0][0])["entry"][0]["resource"]["id"]}
        for command, shown in EXAMPLES:
            answer = sent(client, filled(command, ids))
            if isinstance(answer, dict) and answer.get("resourceType") == "Subscription":
                ids["SUBSCRIPTION_ID"] = answer["id"]
            expected = json.loads(filled(shown, ids))
            faults += [f"{command.splitlines()[0]}: {fault}" for fault in differences(expected, answer)]

    assert faults == []


def test_every_curl_line_is_an_example() -> None:
    assert len(EXAMPLES) == len(re.findall(r"^curl ", PAGE, re.MULTILINE)) > 10


@pytest.mark.parametrize(
    ("shown", "answer", "told"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, []),
        ({"a": "..."}, {}, ["$.a is absent"]),
        ([1], [1, 2], []),
        ([1, 2], [1], ["$ is [1], shown is [1, 2]"]),
    ],
)
def test_an_answer_is_compared_where_it_is_shown(shown: Any, answer: Any, told: list[str]) -> None:
    assert differences(shown, answer) == told
