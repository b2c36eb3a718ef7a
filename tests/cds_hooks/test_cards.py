"""Cards on the wire."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_hooks.answers import response
from cds_hooks.cards import shortened
from cds_hooks.desk import (
    Action,
    Advice,
    AdviceKind,
    Answered,
    Coding,
    Indicator,
    Json,
    Link,
    Question,
    Suggestion,
    Topic,
)
from cds_hooks.dialects import CRD_2_2, DIALECTS
from cds_hooks.forms import form_task
from cds_hooks.request import Options
from tests.cds_hooks import wire
from tests.cds_hooks.orders import RECEIVED, RESOURCES, answered, counted, order, question

_POLICY = Link("Policy on lumbar MRI", "https://payer.example/policies/mri#criteria")
_REFERENCE = Advice(
    AdviceKind.EXTERNAL_REFERENCE, Topic.GUIDELINE, Indicator.INFO, "See the policy", "Six weeks.", links=(_POLICY,)
)
_INSTRUCTIONS = Advice(AdviceKind.INSTRUCTIONS, Topic.CLAIM, Indicator.WARNING, "Bill by the month", "Once a month.")
_CHEAPER: Json = RESOURCES["ServiceRequest"] | {"id": "new-1"}
_SWAP = Suggestion(
    "Take the cheaper one",
    (
        Action("delete", "Removes the order", resource_id="ServiceRequest/s-1"),
        Action("create", "Orders the cheaper one", _CHEAPER),
    ),
)
_ALTERNATE = Advice(
    AdviceKind.ALTERNATE_REQUEST, Topic.ALTERNATIVES_OPTIONAL, Indicator.INFO, "Cheaper?", suggestions=(_SWAP,)
)
_ADDITIONAL = replace(
    _ALTERNATE,
    kind=AdviceKind.ADDITIONAL_ORDERS,
    topic=Topic.CLINICAL_REMINDER,
    suggestions=(Suggestion("Add it", (Action("create", "Orders it", _CHEAPER),)),),
)
_LAUNCH = Advice(
    AdviceKind.SMART_LAUNCH,
    Topic.APPROPRIATE_USE,
    Indicator.INFO,
    "Check appropriate use",
    links=(Link("Open the checker", "https://payer.example/launch", "order=s-1"),),
)
_ALL = (_REFERENCE, _INSTRUCTIONS, _ALTERNATE, _ADDITIONAL, _LAUNCH)
_VERSIONS = pytest.mark.parametrize("version", DIALECTS)


def _cards(*advice: Advice, version: str = "2.2", options: Options | None = None, asked: Question | None = None) -> Any:
    """The cards of a response that has been found right."""
    body, rows = response(
        asked or question(order()), answered({}, *advice), options or Options(), DIALECTS[version], counted()
    )
    assert wire.faults(body, version) == []
    assert [row[0] for row in rows] == [card["uuid"] for card in body["cards"]]
    return body["cards"]


@pytest.mark.spec("crd:resp-15")
@pytest.mark.spec("hooks:cards", "crd-check:95", "crd-check:96", "crd-check:97")
@_VERSIONS
@pytest.mark.spec("crd:resp-3")
@pytest.mark.spec("crd:resp-4")
@pytest.mark.spec("crd:resp-5")
@pytest.mark.spec("crd:resp-13")
def test_every_kind_of_card_is_as_cds_hooks_wants_it(version: str) -> None:
    cards = _cards(*_ALL, version=version)

    assert len(cards) == len(_ALL)
    assert {card["source"]["label"] for card in cards} == {"Bluewater Health"}
    assert [card["source"]["topic"]["display"] for card in cards][0] == "Claim"


@pytest.mark.spec("hooks:cards", "crd-check:93", "crd-check:98")
@_VERSIONS
def test_response_without_anything_to_say_is_empty_cards(version: str) -> None:
    body, rows = response(question(order()), answered(), Options(), DIALECTS[version], counted())

    assert body == {"cards": []}
    assert rows == ()


def test_rows_tell_topic_and_policy_of_each_card() -> None:
    _, rows = response(
        question(order()), answered({}, replace(_REFERENCE, policy="mri@3")), Options(), CRD_2_2, counted()
    )

    assert [row[1:] for row in rows] == [("guideline", "mri@3")]


@pytest.mark.spec("hooks:cards", "crd-check:94")
@given(st.text(max_size=400))
def test_any_summary_becomes_one_to_139_characters_on_one_line(text: str) -> None:
    (card,) = _cards(replace(_REFERENCE, summary=text))

    assert 1 <= len(card["summary"]) <= 139


@pytest.mark.spec("crd-check:94")
def test_long_summary_is_cut_between_words_and_told_whole_in_the_detail() -> None:
    summary = "Prior authorization is needed for this service " * 5

    (card,) = _cards(replace(_INSTRUCTIONS, summary=summary))

    assert card["summary"].endswith("is needed for this…")
    assert card["detail"] == f"{summary.strip()}\n\nOnce a month."


@pytest.mark.spec("hooks:cards", "crd-check:94")
@pytest.mark.parametrize(("length", "sent"), [(1, 1), (138, 138), (139, 139), (140, 139), (141, 139)])
def test_summary_of_139_characters_is_the_longest(length: int, sent: int) -> None:
    (card,) = _cards(replace(_REFERENCE, summary="x" * length))

    assert len(card["summary"]) == sent


def test_endless_summary_costs_no_more_than_a_long_one() -> None:
    assert len(shortened("x" * 5_000_000, 139)) == 139


@pytest.mark.spec("hooks:cards", "crd-check:94")
def test_summary_is_counted_as_browsers_count() -> None:
    assert len(shortened("\N{GRINNING FACE}" * 80, 139).encode("utf-16-le")) // 2 <= 139


@pytest.mark.spec("crd-check:95")
@pytest.mark.spec("crd:resp-1")
def test_what_only_the_payer_minds_is_never_critical() -> None:
    cards = _cards(
        replace(_INSTRUCTIONS, indicator=Indicator.CRITICAL),
        replace(_INSTRUCTIONS, indicator=Indicator.CRITICAL, topic=Topic.CONTRAINDICATION),
    )

    assert [(card["indicator"], card["source"]["topic"]["code"]) for card in cards] == [
        ("critical", "contraindication"),
        ("warning", "claim"),
    ]


@pytest.mark.spec("crd-check:102")
@_VERSIONS
@pytest.mark.spec("crd:resp-18")
@pytest.mark.spec("crd:resp-19")
@pytest.mark.spec("crd:resp-22")
def test_external_reference_has_absolute_links_and_nothing_to_do(version: str) -> None:
    (card,) = _cards(
        replace(_REFERENCE, suggestions=(_SWAP,), links=(replace(_POLICY, app_context="x"),)), version=version
    )

    assert card["links"] == [{"label": _POLICY.label, "url": _POLICY.url, "type": "absolute"}]
    assert "suggestions" not in card


@pytest.mark.spec("crd:resp-18", "crd-check:102")
@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "ftp://payer.example/x",
        "/policies",
        "https://",
        "https://a b",
        "https://[x",
        "http:\nx",
    ],
)
def test_link_that_leads_nowhere_is_left_off_and_its_card_with_the_last(url: str) -> None:
    bad = Link("Policy", url)

    assert _cards(replace(_REFERENCE, links=(bad,))) == []
    assert len(_cards(replace(_REFERENCE, links=(bad, _POLICY)))[0]["links"]) == 1


@pytest.mark.spec("crd-check:103")
@_VERSIONS
@pytest.mark.spec("crd:resp-24")
def test_instructions_have_a_detail_and_nothing_else(version: str) -> None:
    (card,) = _cards(replace(_INSTRUCTIONS, detail="", links=(_POLICY,), suggestions=(_SWAP,)), version=version)

    assert card["detail"] == "Bill by the month"
    assert not {"links", "suggestions"} & card.keys()


@pytest.mark.spec("hooks:cards", "crd:resp-53", "crd-check:99", "crd-check:100", "crd-check:101", "crd-check:105")
@_VERSIONS
@pytest.mark.spec("crd:resp-56")
def test_alternate_request_is_taken_or_left(version: str) -> None:
    twice = (replace(_SWAP, recommended=True), replace(_SWAP, recommended=True))

    (card,) = _cards(replace(_ALTERNATE, suggestions=twice, links=(_POLICY,)), version=version)

    assert card["selectionBehavior"] == "at-most-one"
    assert [suggestion.get("isRecommended") for suggestion in card["suggestions"]] == [True, None]
    removed, ordered = card["suggestions"][0]["actions"]
    assert removed == {"type": "delete", "description": "Removes the order", "resourceId": "ServiceRequest/s-1"}
    assert ordered == {"type": "create", "description": "Orders the cheaper one", "resource": _CHEAPER}
    assert "links" not in card


@pytest.mark.spec("hooks:cards", "crd-check:99", "crd-check:100", "crd-check:106")
@_VERSIONS
@pytest.mark.spec("crd:resp-58")
def test_additional_orders_are_creations_of_which_any_may_be_taken(version: str) -> None:
    (card,) = _cards(_ADDITIONAL, version=version)

    assert card["selectionBehavior"] == "any"
    assert card["suggestions"][0]["actions"] == [
        {"type": "create", "description": "Orders it", "resource": _CHEAPER},
    ]


@pytest.mark.spec("crd:resp-72", "crd-check:110")
@_VERSIONS
def test_launch_has_smart_links_with_their_context(version: str) -> None:
    (card,) = _cards(_LAUNCH, version=version)

    assert card["links"] == [
        {"label": "Open the checker", "url": "https://payer.example/launch", "type": "smart", "appContext": "order=s-1"}
    ]


def test_suggestion_that_does_not_fit_is_left_off_and_its_card_with_the_last() -> None:
    foreign = Suggestion("Another", (Action("delete", "Removes it", resource_id="ServiceRequest/other"),))

    assert _cards(replace(_ALTERNATE, suggestions=(foreign,))) == []
    assert len(_cards(replace(_ALTERNATE, suggestions=(foreign, _SWAP)))[0]["suggestions"]) == 1


@pytest.mark.spec("crd-check:111", "crd-check:113")
@_VERSIONS
@pytest.mark.spec("crd:dev-24")
@pytest.mark.spec("crd:dev-25")
def test_card_about_some_orders_says_which(version: str) -> None:
    oxygen, mri, other = order("DeviceRequest", "Home *oxygen*"), order(), order(id="s-2")
    about = (oxygen.ref, mri.ref)

    (card,) = _cards(replace(_INSTRUCTIONS, about=about), version=version, asked=question(oxygen, mri, other))

    assert card["detail"].endswith("Concerns: Home \\*oxygen\\*; MRI of lumbar spine (ServiceRequest/s-1)")
    named = [{"reference": ref} for ref in about] if version == "2.2" else list(about)
    assert card["extension"] == {"davinci-crd.associated-resource": named}


def test_order_without_words_is_named_by_its_code() -> None:
    first, second = order(text=""), order("DeviceRequest")

    (card,) = _cards(replace(_INSTRUCTIONS, about=(first.ref,)), asked=question(first, second))

    assert card["detail"].endswith("Concerns: 241646009")


@pytest.mark.spec("crd-check:113")
def test_html_of_the_detail_is_text() -> None:
    (card,) = _cards(replace(_INSTRUCTIONS, detail="Below 88 % <img src=x onerror=alert(1)>, **not** above"))

    assert card["detail"] == "Below 88 % &lt;img src=x onerror=alert(1)>, **not** above"


_FORM = form_task("https://payer.example/q|1", "Patient/marisol", "Organization/payer", RECEIVED)
_IF_NONE = "url=https://payer.example/q&version=1"


@pytest.mark.spec("crd:dev-19")
@pytest.mark.spec("crd:resp-65", "crd-check:108")
@_VERSIONS
def test_questionnaire_is_created_on_condition_that_the_client_has_none(version: str) -> None:
    form: Json = {"resourceType": "Questionnaire", "status": "active"}
    actions = (Action("create", "Brings the form", form, if_none_exist=_IF_NONE), Action("create", "Asks", _FORM))
    unasked = (Action("create", "Brings the form", form), Action("create", "Asks", _FORM))
    advice = replace(_ADDITIONAL, kind=AdviceKind.FORM_COMPLETION, suggestions=(Suggestion("Fill it in", actions),))

    (card,) = _cards(advice, version=version)

    brought, asked = card["suggestions"][0]["actions"]
    assert brought["extension"] == {"davinci-crd.if-none-exist": _IF_NONE}
    assert "extension" not in asked
    assert _cards(replace(advice, suggestions=(Suggestion("Fill it in", unasked),)), version=version) == []


@pytest.mark.spec("crd:resp-71", "crd-check:109")
@_VERSIONS
def test_change_of_the_coverage_is_one_suggestion_of_one_action(version: str) -> None:
    change = Suggestion("Correct it", (Action("update", "Corrects it", {"resourceType": "Coverage", "id": "plan-7"}),))
    advice = replace(_ADDITIONAL, kind=AdviceKind.COVERAGE_UPDATE, topic=Topic.INSURANCE, suggestions=(change, change))

    (card,) = _cards(advice, version=version, asked=question(order(), hook="appointment-book"))

    ((action,),) = (suggestion["actions"] for suggestion in card["suggestions"])
    assert (action["type"], action["resource"]["resourceType"]) == ("update", "Coverage")


@pytest.mark.spec("hooks:cards", "crd-check:112")
def test_override_reasons_are_complete() -> None:
    reasons = (Coding("urn:reasons", "r1", "Cannot wait"), Coding("urn:reasons", "r2"), Coding("", "r3"))

    (card,) = _cards(replace(_INSTRUCTIONS, override_reasons=reasons))

    assert card["overrideReasons"] == [
        {"code": "r1", "system": "urn:reasons", "display": "Cannot wait"},
        {"code": "r2", "system": "urn:reasons", "display": "r2"},
    ]


@pytest.mark.spec("hooks:cards", "crd-check:98", "crd-check:100")
def test_nothing_empty_is_sent_even_from_an_empty_resource() -> None:
    hollow = {"resourceType": "ServiceRequest", "note": [], "code": {"text": ""}, "status": None, "priority": "routine"}
    given = replace(_ADDITIONAL, suggestions=(Suggestion(" ", (Action("create", "", hollow),)),))

    (card,) = _cards(given)

    (suggestion,) = card["suggestions"]
    assert suggestion["label"] == suggestion["actions"][0]["description"] == "Cheaper?"
    assert suggestion["actions"][0]["resource"] == {"resourceType": "ServiceRequest", "priority": "routine"}


@_VERSIONS
@pytest.mark.spec("crd:dev-14")
@pytest.mark.parametrize("topic", Topic)
def test_topic_that_is_switched_off_is_absent(version: str, topic: Topic) -> None:
    options = Options({topic: False})

    cards = _cards(replace(_INSTRUCTIONS, topic=topic), _REFERENCE, version=version, options=options)

    assert len(cards) == (0 if topic is Topic.GUIDELINE else 1)


def test_unsolicited_determination_goes_with_coverage_information() -> None:
    unsolicited = replace(_INSTRUCTIONS, topic=Topic.UNSOLICITED_DETERMINATION)

    assert _cards(unsolicited, options=Options({Topic.COVERAGE_INFO: False})) == []


def test_2_0_has_no_word_for_an_unsolicited_determination() -> None:
    (card,) = _cards(replace(_INSTRUCTIONS, topic=Topic.UNSOLICITED_DETERMINATION), version="2.0")

    assert card["source"]["topic"]["code"] == "coverage-info"


@pytest.mark.parametrize("most", [0, 1, 2, 3, 9])
def test_max_cards_keeps_the_most_important(most: int) -> None:
    given = [
        replace(_INSTRUCTIONS, topic=Topic.GUIDELINE, indicator=indicator, summary=indicator)
        for indicator in (Indicator.INFO, Indicator.CRITICAL, Indicator.WARNING)
    ]

    cards = _cards(*given, options=Options(max_cards=most))

    assert [card["summary"] for card in cards] == ["critical", "warning", "info"][:most]


def test_card_that_cannot_be_sent_takes_no_place() -> None:
    broken = replace(_REFERENCE, indicator=Indicator.CRITICAL, links=())

    assert len(_cards(broken, _INSTRUCTIONS, options=Options(max_cards=1))) == 1


@pytest.mark.spec("crd:found-13")
def test_same_advice_is_given_once() -> None:
    assert len(_cards(_INSTRUCTIONS, _REFERENCE, _INSTRUCTIONS)) == 2


def test_source_url_is_an_address_or_absent() -> None:
    given = [
        Answered("Bluewater Health", {}, (_INSTRUCTIONS,), url) for url in ("https://payer.example", "payer.example")
    ]

    sources = [
        response(question(order()), answer, Options(), CRD_2_2, counted())[0]["cards"][0]["source"] for answer in given
    ]

    assert [source.get("url") for source in sources] == ["https://payer.example", None]
