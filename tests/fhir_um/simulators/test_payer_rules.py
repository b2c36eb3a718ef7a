"""The rule file of the fake payer: first fit, and faults told with the place they stand."""

from pathlib import Path

import pytest

from fhir_um.simulators.payer_rules import DEFAULT, Asks, LineRule, OrderRule, Rules, RulesFault, read_rules

HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"


def test_the_default_rules_know_every_outcome() -> None:
    rules = read_rules()

    assert {rule.outcome for rule in rules.claims} == {"approve", "deny", "pend", "modify", "error"}
    assert {rule.pa_needed for rule in rules.hooks} >= {"", "no-auth", "auth-needed", "satisfied", "conditional"}
    assert rules.for_line(Asks(((HCPCS, "E0431"),))).outcome == "deny"
    assert rules.for_line(Asks(((HCPCS, "unheard-of"),))).outcome == "approve"


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        (LineRule(outcome="deny"), True),
        (LineRule(outcome="deny", code="E1390"), True),
        (LineRule(outcome="deny", code="E0000"), False),
        (LineRule(outcome="deny", code="E1390", system="other"), False),
        (LineRule(outcome="deny", system=HCPCS), True),
        (LineRule(outcome="deny", member="M1", provider="191", version="2.0.1"), True),
        (LineRule(outcome="deny", member="M2"), False),
        (LineRule(outcome="deny", version="2.2.1"), False),
        (OrderRule(covered="covered", hook="order-sign", type="DeviceRequest"), True),
        (OrderRule(covered="covered", hook="order-select"), False),
        (OrderRule(covered="covered", type="ServiceRequest"), False),
    ],
)
def test_a_rule_fits_when_all_it_names_is_so(rule: LineRule | OrderRule, fits: bool) -> None:
    asks = Asks(((HCPCS, "E1390"),), "M1", "191", "2.0.1", "order-sign", "DeviceRequest")

    assert rule.fits(asks) is fits


def test_the_first_rule_that_fits_is_taken() -> None:
    rules = Rules((LineRule(outcome="deny", code="1"), LineRule(outcome="pend"), LineRule(outcome="error")))

    assert rules.for_line(Asks((("", "1"),))).outcome == "deny"
    assert rules.for_line(Asks((("", "2"),))).outcome == "pend"
    assert Rules().for_order(Asks()).pa_needed == "no-auth"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("claims: [", "is no YAML"),
        ("[]", "nothing else"),
        ("claim: []", "nothing else"),
        ("claims: {outcome: approve}", "must be a list"),
        ("claims: [approve]", "rule 1 of `claims` must be words with values"),
        ("claims: [{outcome: perhaps}]", "rule 1 of `claims`"),
        ("claims: [{outcome: approve}, {outcom: approve}]", "rule 2 of `claims`: outcom is no word"),
        ("claims: [{outcome: approve, code: 97110}]", "in quotes"),
        ("claims: [{outcome: modify}]", "give the quantity"),
        ("claims: [{outcome: pend, then: modify}]", "give the quantity"),
        ("hooks: [{covered: not-covered, pa-needed: no-auth}]", "has no pa-needed"),
        ("hooks: [{covered: covered}]", "say pa-needed"),
        ("hooks: [{covered: covered, pa-needed: no-auth, questionnaires: [x]}]", "goes with doc-needed"),
        ("hooks: [{covered: conditional, pa-needed: no-auth}]", "info-needed goes with"),
        ("hooks: [{covered: covered, pa-needed: satisfied}]", "a number goes with"),
        ("hooks: [{covered: covered, pa-needed: no-auth, doc-purpose: [withpa]}]", "nothing is sent `withpa`"),
    ],
)
def test_a_fault_is_told_with_its_place(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(text)

    with pytest.raises(RulesFault, match=r"rules\.yaml") as told:
        read_rules(file)
    assert said in str(told.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RulesFault, match=r"none\.yaml: No such file"):
        read_rules(tmp_path / "none.yaml")


def test_the_default_file_explains_every_word_of_a_rule() -> None:
    text = DEFAULT.read_text("utf-8")

    words = {name.replace("_", "-") for shape in (LineRule, OrderRule) for name in shape.__dataclass_fields__}
    assert {word for word in words if word not in text} == set()
