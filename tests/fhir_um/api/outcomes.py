"""The one way tests look at a refusal."""

import json
from typing import Any

from werkzeug.test import TestResponse

from profiles.issues import Kind
from profiles.outcome import HTTP_STATUS, PROBLEM_JSON, PROBLEM_TYPE


def assert_outcome(answer: TestResponse, kind: Kind, path: str | None = None) -> list[dict[str, Any]]:
    """The answer is one OperationOutcome of that kind, with an issue at that path when one is given; its issues.

    From our own API it is problem details; what they say is given back in the shape of issues. An unknown parameter has
    no path: its name is the sender's word.
    """
    assert answer.status_code == HTTP_STATUS[kind], answer.text
    if answer.request.path.startswith("/um/v1"):
        issues = _problem(answer, kind)
        if path:
            assert [path] in [issue["expression"] for issue in issues]
        return issues
    assert answer.content_type == "application/fhir+json; charset=utf-8"
    content = answer.json
    assert content is not None
    assert content["resourceType"] == "OperationOutcome"
    issues: list[dict[str, Any]] = content["issue"]
    assert issues
    assert all(issue["severity"] == "error" and issue["details"]["text"] for issue in issues)
    if path:
        assert path in [place for issue in issues for place in issue.get("expression", [])]
    return issues


def issues_told(answer: TestResponse) -> list[dict[str, Any]]:
    """What an answer refuses, as issues, whichever way its address tells it; none when it refuses nothing."""
    told = answer.get_json(silent=True) or {}
    if answer.mimetype == PROBLEM_JSON:
        return [_as_issue(error) for error in told.get("errors", [])]
    return list(told["issue"]) if told.get("resourceType") == "OperationOutcome" else []


def _problem(answer: TestResponse, kind: Kind) -> list[dict[str, Any]]:
    assert answer.content_type == f"{PROBLEM_JSON}; charset=utf-8", answer.content_type
    told = json.loads(answer.data)
    assert told["type"] == PROBLEM_TYPE + kind.value
    assert (told["status"], bool(told["title"]), bool(told["detail"])) == (answer.status_code, True, True)
    assert told["instance"] == f"urn:fhir-um:request:{answer.headers['X-Request-Id']}"
    assert told["errors"]
    return issues_told(answer)


def _as_issue(error: dict[str, Any]) -> dict[str, Any]:
    place = [error["path"]] if "path" in error else []
    return {"severity": "error", "code": error["code"], "details": {"text": error["detail"]}, "expression": place}
