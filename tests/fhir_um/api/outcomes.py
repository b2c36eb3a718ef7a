"""The one way tests look at a refusal."""

from typing import Any

from werkzeug.test import TestResponse

from profiles.issues import Kind
from profiles.outcome import HTTP_STATUS


def assert_outcome(answer: TestResponse, kind: Kind, path: str | None = None) -> list[dict[str, Any]]:
    """The answer is one OperationOutcome of that kind, with an issue at that path when one is given; its issues.

    An unknown parameter has none: its name is the sender's word.
    """
    assert answer.status_code == HTTP_STATUS[kind], answer.text
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
