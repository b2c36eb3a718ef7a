"""What an answer says of a line stays within the lists of the guide, whatever a lenient base let in."""

import json
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_um.cases.model import Case
from fhir_um.translate.claim_in import read_claim
from fhir_um.translate.closed_lists import repeatable
from fhir_um.translate.dialects import DIALECTS
from fhir_um.translate.response_out import claim_response, submit_response
from fhir_um.words import Code, Concept
from profiles.canonicals import CPT, HCPCS, RXNORM, X12_SERVICE_TYPE
from profiles.checking import check_request
from profiles.issues import Refusal
from profiles.reading import read_json
from profiles.strictness import Strictness
from tests.fhir_um.translate.by_hand import BASE, CASES, LIMITS, REQUEST, SUBMISSION, read
from tests.validators import validator_for

OURS = ("ClaimResponse", "CommunicationRequest", "OperationOutcome")
SENT = json.loads(SUBMISSION)
ELSEWHERE = {"coding": [{"system": "urn:elsewhere", "code": "x y"}]}


def test_a_concept_with_one_code_of_the_list_is_repeated_whole() -> None:
    drug = Concept((Code(RXNORM, "327361"), Code(HCPCS, "J0135")), "A drug")

    assert repeatable(replace(REQUEST.lines[0], service=drug)).service == drug


def test_what_has_no_code_of_the_list_is_not_repeated() -> None:
    drug, words = Concept((Code(RXNORM, "327361"),)), Concept((), "in words")
    line = replace(REQUEST.lines[0], service=drug, service_end=words, modifiers=(words, drug), revenue=words)
    line = replace(line, category=drug, nursing_home_level=words, nursing_home_status=drug)

    told = repeatable(line)

    assert told.service == Concept()
    assert (told.service_end, told.modifiers, told.revenue, told.category) == (None, (), None, None)
    assert (told.nursing_home_level, told.nursing_home_status) == (None, None)


def test_each_list_is_its_own() -> None:
    bath, modifier = Concept((Code(X12_SERVICE_TYPE, "42"),)), Concept((Code(CPT, "59"),))

    told = repeatable(replace(REQUEST.lines[0], service=bath, category=modifier, modifiers=(modifier, bath)))

    assert (told.service, told.category, told.modifiers) == (bath, None, (modifier,))


def _places(node: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [place for key, child in pairs for place in ((*path, key), *_places(child, (*path, key)))]


PLACES = [place for place in _places(SENT) if place[0] == "entry" and len(place) > 3]


def _changed(place: tuple[str | int, ...], change: str) -> bytes:
    """The submission without what stands at a place, or with words or foreign codes instead of its codes."""
    bundle = deepcopy(SENT)
    holder: Any = bundle
    for step in place[:-1]:
        holder = holder[step]
    there = holder[place[-1]]
    if change == "gone" or not (isinstance(there, dict) and "coding" in there):
        del holder[place[-1]]
    else:
        holder[place[-1]] = {"words": {"text": "in words"}, "elsewhere": ELSEWHERE}[change]
    return json.dumps(bundle).encode()


def _answered(made: Case, body: bytes) -> Case:
    """The case as if that body had asked for it."""
    request = read_claim(read(body))
    asked = {line.sequence: line for line in request.lines}
    lines = tuple(replace(line, request=asked.get(line.sequence, line.request)) for line in made.lines)
    return replace(made, request=request, lines=lines)


@pytest.mark.parametrize("version", DIALECTS)
@settings(max_examples=80)
@given(
    place=st.sampled_from(PLACES),
    change=st.sampled_from(["gone", "words", "elsewhere"]),
    name=st.sampled_from(["approved", "pended", "modified"]),
)
def test_whatever_a_lenient_base_takes_is_answered_by_the_book(version, place, change, name) -> None:
    body = _changed(place, change)
    validator = validator_for(version)
    try:
        check_request(read(body), version, validator=validator, strictness=Strictness.LENIENT)
    except Refusal:
        return
    made = _answered(CASES[name], body)

    bundle = read_json(submit_response(made, body, DIALECTS[version], BASE), LIMITS)
    resources = [entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] in OURS]
    resources.append(read_json(claim_response(made, body, DIALECTS[version], BASE), LIMITS))

    assert len(resources) > 1
    assert [issue for own in resources for issue in validator.check(own) if issue.severity == "error"] == []
