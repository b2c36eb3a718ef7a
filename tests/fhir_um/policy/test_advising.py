"""What policies say beyond the determination: which rows are told when, and which rows a file may not have."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from cds_hooks import desk
from fhir_um.cases.evidence import Answer, Evidence
from fhir_um.cases.model import Course
from fhir_um.coverage.model import GoldCard
from fhir_um.policy.book import PolicyBook
from fhir_um.policy.load import load_policies, shipped_policies
from fhir_um.policy.model import AdviceKind, AdviceTopic, LineContext, Moment, PolicyFault, Urgency
from fhir_um.words import Code, Concept, Period
from profiles.canonicals import CPT, HCPCS

TODAY = date(2026, 3, 1)
Ask = Callable[..., LineContext]
DOCS = Path(__file__).parents[3] / "docs" / "policies.md"
ROWS = [(policy.id, row) for policy in shipped_policies().policies for row in policy.advice]


def told(book: PolicyBook, context: LineContext, moment: Moment | None = None) -> list[str]:
    return [row.id for row in book.advice(context, book.determine(context), moment)]


def answered(**values: bool | str) -> Evidence:
    rows = (Answer(f"urn:qr#{k}", "", k.replace("_", "-"), v, TODAY) for k, v in values.items())
    return Evidence(answers=tuple(rows))


def test_a_power_wheelchair_gets_a_lesser_chair_proposed(book: PolicyBook, ask: Ask) -> None:
    context = ask("K0823", icd=("G35",))

    rows = {row.id: row for row in book.advice(context, book.determine(context))}

    manual = rows["manual-chair"]
    assert manual.proposed is not None
    assert (manual.kind, manual.topic) == (AdviceKind.ALTERNATIVE, AdviceTopic.ALTERNATIVES_REQUIRED)
    assert (manual.proposed.code, manual.proposed.what) == (Code(HCPCS, "K0004"), "device")
    assert (manual.policy_id, manual.policy_version) == ("power-wheelchair", "1.0.0")


def test_a_lesser_chair_ruled_out_is_not_proposed(book: PolicyBook, ask: Ask) -> None:
    context = ask("K0823", icd=("G35",), evidence=answered(lesser_aids_ruled_out=True))

    assert "manual-chair" not in told(book, context)


def test_an_order_is_proposed_only_while_it_is_not_out(book: PolicyBook, ask: Ask) -> None:
    context = ask("K0823", icd=("G35",))

    assert {"manual-chair", "examine", "mobility-rules"} <= set(told(book, context, Moment.SIGNING))
    assert set(told(book, context, Moment.SENDING)) == {"examine", "mobility-rules"}


def test_an_exempt_provider_is_told_only_what_goes_with_a_service_that_goes_through(book: PolicyBook, ask: Ask) -> None:
    card = GoldCard("g", "payer-1", "1999999984", "mobility-equipment", Period(None, None))
    context = ask("K0823", icd=("G35",), gold_cards=(card,))

    assert book.determine(context).course is Course.NO_AUTHORIZATION
    assert told(book, context) == ["mobility-rules"]


def test_a_row_for_some_codes_is_told_for_those_only(book: PolicyBook, ask: Ask) -> None:
    assert "part-electric" in told(book, ask("E0265"))
    assert "part-electric" not in told(book, ask("E0260"))


def test_criteria_are_weighed_also_when_a_limit_comes_first(book: PolicyBook, ask: Ask) -> None:
    context = ask("E1390", icd=("J44.9",), quantity="13")

    assert book.determine(context).course is Course.PEND_REVIEW
    assert "measure" in told(book, context)


def test_what_is_no_benefit_gets_no_proposal(book: PolicyBook, ask: Ask) -> None:
    excluding = ask("K0823", icd=("G35",))
    plan = _with(excluding.plan, excluded=(Code(HCPCS, "K0823"),), administrative_denials=True)

    assert told(book, _with(excluding, plan=plan)) == ["mobility-rules"]


def test_nothing_is_proposed_that_the_plan_excludes(book: PolicyBook, ask: Ask) -> None:
    context = ask("K0823", icd=("G35",))
    plan = _with(context.plan, excluded=(Code(HCPCS, "K0004"),))

    assert "manual-chair" not in told(book, _with(context, plan=plan))


@pytest.mark.spec("crd:found-13")
def test_what_is_asked_for_already_is_not_proposed(book: PolicyBook, ask: Ask) -> None:
    context = ask("E1390", icd=("J44.9",), service=_codes("E1390", "E0431"))

    assert "portable" not in told(book, context)


@pytest.mark.spec("crd:found-13")
def test_a_free_service_and_an_unknown_one_get_no_advice(book: PolicyBook, ask: Ask) -> None:
    assert told(book, ask("G0399")) == []
    assert told(book, ask("Z9999")) == []


def test_topics_and_urgencies_are_those_of_the_hook_counter() -> None:
    assert {t.value for t in AdviceTopic} <= {t.value for t in desk.Topic}
    assert {u.value for u in Urgency} == {i.value for i in desk.Indicator}


def test_the_shipped_rows_show_every_kind_and_link_to_public_pages_only() -> None:
    assert {row.kind for _, row in ROWS} == set(AdviceKind)
    assert len({policy_id for policy_id, _ in ROWS}) >= 8
    hosts = {row.url.split("/")[2] for _, row in ROWS if row.kind is AdviceKind.REFERENCE and "://" in row.url}
    assert hosts == {"www.cms.gov", "www.cdc.gov", "www.hhs.gov", "medlineplus.gov"}


def _with(value: Any, **parts: Any) -> Any:
    return replace(value, **parts)


def _codes(*codes: str) -> Any:
    return Concept(tuple(Code(HCPCS, code) for code in codes))


ROW = {
    "id": "shoes",
    "kind": "instructions",
    "topic": "guideline",
    "title": "Wear shoes",
    "text": "With a firm sole.",
}
PROPOSAL = {"code": "E0100", "label": "Cane", "what": "device"}


def policy(row: dict[str, Any], advised: list[str] | None = None) -> dict[str, Any]:
    test = {"name": "a", "facts": {"age": 70}, "expect": "met", "course": "approve"}
    return {
        "policy": "walker",
        "version": "1.0.0",
        "title": "Walker",
        "notice": "Synthetic demonstration policy - not clinical guidance",
        "effective": {"start": "2026-01-01"},
        "lines_of_business": ["MA"],
        "group": "mobility",
        "specialty": "durable-equipment",
        "applies_to": {"hcpcs": {"E0143": "Folding walker", "E0100": "Cane"}},
        "authorization": "required",
        "facts": {"age": {"label": "age", "member": "age"}},
        "criteria": {"id": "old", "label": "65 or older", "fact": "age", "op": ">=", "value": 65},
        "outcome": {"met": "approve", "unmet": "pend-review", "unknown": "pend-review"},
        "limits": {"authorized_period_days": 30},
        "advice": [ROW | row],
        "tests": [
            test | {"advice": ["shoes"] if advised is None else advised},
            {"name": "b", "facts": {"age": 60}, "expect": "unmet", "course": "pend-review"},
        ],
    }


def load(folder: Path, content: dict[str, Any]) -> PolicyBook:
    (folder / "walker.yaml").write_text(yaml.safe_dump(content))
    return load_policies(folder)


def test_a_row_in_order_is_taken(tmp_path: Path) -> None:
    (row,) = load(tmp_path, policy({})).policies[0].advice

    assert row.moments == frozenset(Moment)
    assert row.truths == frozenset()


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"topic": "shopping"}, "'shopping' is not one of"),
        ({"kind": "rumour"}, "Invalid enum value"),
        ({"title": "x" * 140}, "at most 139 characters"),
        ({"title": ""}, "at most 139 characters"),
        ({"urgency": "critical"}, "critical is for contraindications"),
        ({"url": "https://www.cms.gov/"}, "a reference has a url"),
        ({"kind": "app"}, "a reference has a url, and an app has"),
        ({"kind": "app", "url": "http://apps.example.test/launch"}, "neither a whole https address"),
        ({"kind": "app", "url": "/um/v1/pa-list"}, "a page of ours, which no EHR can launch"),
        ({"kind": "form", "when": ["met"]}, "hands out a form, and the policy has none"),
        ({"kind": "reference"}, "a reference has a url"),
        ({"kind": "reference", "url": "http://www.cms.gov/"}, "neither a whole https address"),
        ({"kind": "reference", "url": "/um/v1/cases"}, "neither a whole https address"),
        ({"text": ""}, "instructions need a text"),
        ({"propose": PROPOSAL}, "nothing else does"),
        ({"kind": "companion"}, "proposes something"),
        ({"kind": "alternative", "propose": PROPOSAL}, "an alternative has one of the topics"),
        ({"kind": "companion", "propose": PROPOSAL, "topic": "therapy-alternatives-opt"}, "an alternative has one of"),
        ({"kind": "companion", "propose": PROPOSAL, "moments": ["sending"]}, "only when choosing or signing"),
        ({"kind": "companion", "propose": PROPOSAL | {"code": "E0105"}}, "proposes E0105, which no policy"),
        ({"kind": "companion", "propose": PROPOSAL | {"code": "snomed:1"}}, "not one of the code systems"),
        ({"lacking": ["height"]}, "fact 'height' is not declared"),
        ({"codes": ["E0105"]}, "E0105 is not among applies_to"),
        ({"codes": ["icd9:1"]}, "not one of the code systems"),
        ({"when": ["unmet"]}, "advises nothing"),
        ({"color": "red"}, "unknown field"),
    ],
)
def test_a_row_out_of_order_is_refused(tmp_path: Path, row: dict[str, Any], says: str) -> None:
    with pytest.raises(PolicyFault, match=says):
        load(tmp_path, policy(row))


def test_a_row_no_example_shows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PolicyFault, match="advised in no worked example"):
        load(tmp_path, policy({"when": ["unknown"]}, advised=[]))


def test_an_id_twice_is_refused(tmp_path: Path) -> None:
    twice = policy({})
    twice["advice"] *= 2

    with pytest.raises(PolicyFault, match="appears 2 times"):
        load(tmp_path, twice)


def test_a_policy_without_criteria_may_advise_too(tmp_path: Path) -> None:
    free = policy({}) | {"authorization": "none", "facts": {}, "limits": {}}
    for name in ("criteria", "outcome"):
        del free[name]
    free["tests"] = [{"name": "free", "course": "no-authorization", "advice": ["shoes"]}]

    assert load(tmp_path, free).policies[0].advice[0].id == "shoes"


def test_own_pages_may_be_linked(tmp_path: Path) -> None:
    row = {"kind": "reference", "url": "/um/v1/pa-list?code=E0143"}

    assert load(tmp_path, policy(row)).policies[0].advice[0].url == "/um/v1/pa-list?code=E0143"


def test_an_app_has_its_launch_address(tmp_path: Path) -> None:
    row = {"kind": "app", "url": "https://apps.example.test/launch", "text": ""}

    assert load(tmp_path, policy(row)).policies[0].advice[0].kind is AdviceKind.APP


@pytest.mark.spec("crd:resp-59")
@pytest.mark.parametrize("when", [[], ["met", "unknown"], ["unmet"]])
def test_a_form_that_would_be_handed_out_where_documents_are_asked_for_is_refused(
    tmp_path: Path, when: list[str]
) -> None:
    item = {"link": "years", "type": "integer", "text": "How old?"}
    content = policy({"kind": "form", "when": when}) | {
        "form": {"groups": [{"id": "g", "title": "G", "items": [item]}]}
    }
    content["facts"]["age"]["answer"] = {"links": ["years"], "type": "integer"}

    with pytest.raises(PolicyFault, match="a form is handed out when the criteria are met"):
        load(tmp_path, content)


@pytest.mark.spec("crd:resp-59")
def test_a_form_is_handed_out_only_where_nothing_is_asked_for(book: PolicyBook, ask: Ask) -> None:
    free, used_up = ask("97110", CPT), ask("97110", CPT, quantity="13")

    assert book.determine(free).course is Course.NO_AUTHORIZATION
    assert "score-form" in told(book, free)
    assert book.determine(used_up).course is Course.PEND_REVIEW
    assert "counted-visits" in told(book, used_up)
    assert "score-form" not in told(book, used_up)


def test_a_cpt_code_is_filed_as_the_book_files_it(book: PolicyBook, ask: Ask) -> None:
    context = ask("72148", CPT, icd=("M54.5",))

    rows = {row.id: row for row in book.advice(context, book.determine(context))}

    assert rows["therapy-first"].proposed is not None
    assert rows["therapy-first"].proposed.code == Code(CPT, "97161")


def test_the_documented_advice_fits_the_documented_policy(tmp_path: Path) -> None:
    whole, advice = re.findall(r"```yaml\n(.*?)```", DOCS.read_text(), re.DOTALL)
    shown = whole.replace("course: pend-review}", "course: pend-review, advice: [manual-lift]}")
    (tmp_path / "seat-lift.yaml").write_text(shown + advice)

    (row,) = load_policies(tmp_path).policies[0].advice

    assert row.codes == {Code(HCPCS, "E0627")}
