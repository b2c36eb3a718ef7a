"""Writes the form of a policy as a Questionnaire, whose answers the policy reads. Must not know who asks for it.

Source: FHIR R4 Questionnaire; CRD 2.2.1 resp-38 (the canonical a hook names can be had).
"""

from fhir_um.policy.model import FormGroup, FormItem, Policy
from fhir_um.translate.elements_out import Json


def questionnaire(policy: Policy, id: str, forms_at: str) -> Json:
    """The Questionnaire; `forms_at` is the address of all forms, which their canonicals begin with."""
    ends = {"end": policy.effective.end.isoformat()} if policy.effective.end else {}
    starts = {"start": policy.effective.start.isoformat()} if policy.effective.start else {}
    return {
        "resourceType": "Questionnaire",
        "id": id,
        "url": form_url(policy, forms_at),
        "version": policy.version,
        "name": "".join(word.capitalize() for word in policy.id.split("-")),
        "title": policy.title,
        "status": "active",
        "subjectType": ["Patient"],
        "description": policy.notice,
        **({"effectivePeriod": starts | ends} if starts or ends else {}),
        "item": [_group(group) for group in policy.form],
    }


def form_url(policy: Policy, forms_at: str) -> str:
    """The canonical address of a policy's form, without its version."""
    return f"{forms_at}/{policy.id}"


def _group(group: FormGroup) -> Json:
    return {
        "linkId": group.id,
        "text": group.title,
        "type": "group",
        "item": [_item(item) for item in group.items],
    }


def _item(item: FormItem) -> Json:
    asked: Json = {"linkId": item.link, "text": item.text, "type": item.type}
    if item.options:
        asked["answerOption"] = [{"valueCoding": {"code": option, "display": option}} for option in item.options]
    return asked
