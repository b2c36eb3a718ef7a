"""Differences between two answers: only those that somebody changed, each with its path."""

from typing import Any

import pytest

from fhir_um.replaying.comparing import IGNORED, differences

REVIEW = "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/extension-reviewAction"
UUIDS = ("0b5c4d7e-0000-4000-8000-000000000001", "0b5c4d7e-0000-4000-8000-00000000ffff")


def told(recorded: Any, now: Any, *ignored: str) -> list[str]:
    return [" ".join(str(each).split()) for each in differences(recorded, now, ignored)]


def response(**changes: Any) -> dict[str, Any]:
    return {"resourceType": "ClaimResponse", "id": UUIDS[0], "outcome": "complete", **changes}


@pytest.mark.parametrize(
    ("recorded", "now"),
    [
        (response(), response(id=UUIDS[1])),
        (response(created="2026-11-02T10:00:00Z"), response(created="2026-11-22T11:00:00.5Z")),
        (response(preAuthRef="A1"), response(preAuthRef="A2")),
        (
            {"resourceType": "Bundle", "identifier": {"value": "1"}},
            {"resourceType": "Bundle", "identifier": {"value": "2"}},
        ),
        ({"text": f"case {UUIDS[0]} of 2026-11-02T10:00Z"}, {"text": f"case {UUIDS[1]} of 2026-11-22T10:00Z"}),
        ({"reference": "http://a:1/fhir/ClaimResponse/7"}, {"reference": "https://b/fhir/ClaimResponse/8"}),
        ({"url": f"{REVIEW}Number", "valueString": "1"}, {"url": f"{REVIEW}Number", "valueString": "1"}),
        (
            {"url": "x/coverage-assertion-id", "valueString": "1"},
            {"url": "x/coverage-assertion-id", "valueString": "2"},
        ),
        ({"extension": [{"url": "a"}, {"url": "b"}]}, {"extension": [{"url": "b"}, {"url": "a"}]}),
        ({"item": [{"itemSequence": 1}, {"itemSequence": 2}]}, {"item": [{"itemSequence": 2}, {"itemSequence": 1}]}),
        ({"coding": [{"code": "a"}, {"code": "b"}]}, {"coding": [{"code": "b"}, {"code": "a"}]}),
        ({"diagnostics": "line 1, column 20"}, {"diagnostics": "line 1, column 24"}),
    ],
)
def test_what_is_new_each_time_and_what_has_no_order_is_no_difference(recorded: Any, now: Any) -> None:
    assert told(recorded, now) == []


@pytest.mark.parametrize(
    ("recorded", "now", "said"),
    [
        (response(), response(outcome="queued"), 'changed ClaimResponse.outcome: "complete" → "queued"'),
        (response(), {"resourceType": "ClaimResponse", "id": "1"}, 'missing ClaimResponse.outcome: "complete"'),
        (response(), response(disposition="x"), 'new ClaimResponse.disposition: "x"'),
        (response(preAuthRef="A1"), response(), 'missing ClaimResponse.preAuthRef: "A1"'),
        (response(item=[{"itemSequence": 1}]), response(item=[]), "missing ClaimResponse.item[1]: itemSequence 1"),
        (
            {"period": {"start": "2026-11-02"}},
            {"period": {"start": "2026-11-03"}},
            'changed answer.period.start: "2026-11-02" → "2026-11-03"',
        ),
        ({"reference": "Patient/7"}, {"reference": "Patient/8"}, 'changed answer.reference: "Patient/7" → "Patient/8"'),
        (
            {"system": "http://hl7.org/a"},
            {"system": "http://loinc.org/a"},
            'changed answer.system: "http://hl7.org/a" → "http://loinc.org/a"',
        ),
        ({"given": ["A", "B"]}, {"given": ["A"]}, 'missing answer.given[1]: "B"'),
        ({"given": ["A", "B"]}, {"given": ["B", "A"]}, 'changed answer.given[0]: "A" → "B"'),
        (
            {"extension": [{"url": f"{REVIEW}/x/number", "valueString": "1"}]},
            {"extension": []},
            f'missing answer.extension[number]: url "{REVIEW}/x/number", valueString "1"',
        ),
        ([1], {"a": 1}, "changed answer: a list of 1 → a 1"),
        ({"a": True}, {"a": 1.5}, "changed answer.a: True → 1.5"),
    ],
)
def test_a_difference_is_told_with_its_path(recorded: Any, now: Any, said: str) -> None:
    assert told(recorded, now)[0] == said


def test_rows_about_the_same_are_paired_by_id_then_in_order() -> None:
    def bundle(*rows: tuple[str, str]) -> Any:
        return {"entry": [{"resource": response(id=id, outcome=outcome)} for id, outcome in rows]}

    assert told(bundle(("a", "x"), ("b", "y")), bundle(("b", "y"), ("a", "x"))) == []
    assert told(bundle(("a", "x"), ("b", "y")), bundle(("b", "z"), ("c", "x"))) == [
        'changed answer.entry[ClaimResponse 2].resource.outcome: "y" → "z"'
    ]
    assert told(bundle(("a", "x")), bundle(("a", "x"), ("c", "x"))) == [
        "new answer.entry[ClaimResponse 2]: with resource"
    ]


def test_a_secret_is_never_shown() -> None:
    assert told({"access_token": "opens"}, {"access_token": "doors"}) == [
        "changed answer.access_token: (a secret) → (a secret)"
    ]
    assert told({}, {"it": {"access_token": "opens", "kind": "x"}}) == ['new answer.it: kind "x"']


def test_long_values_are_shortened() -> None:
    (said,) = told({"div": "x" * 1000}, {"div": "y" * 1000})

    assert len(said) < 400


def test_a_path_can_be_left_out() -> None:
    recorded = {"entry": [{"resource": response(processNote=[{"number": 1, "text": "a"}])}]}
    now = {"entry": [{"resource": response(processNote=[{"number": 1, "text": "b"}])}]}

    assert len(told(recorded, now)) == 1
    assert told(recorded, now, "ClaimResponse.processNote") == []
    assert told(recorded, now, "processNote.text") == []
    assert len(told(recorded, now, "text.processNote", "")) == 1


def test_what_is_ignored_is_said_in_words() -> None:
    assert all(words for words in IGNORED.values())
