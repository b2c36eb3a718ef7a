"""Reads and searches of the forms that hooks and requests for information name. Must not know what answers do."""

from typing import Any

from fhir_um.api.exchange import Answer, Asked, fhir
from fhir_um.api.form_view import questionnaire
from fhir_um.api.negotiation import demand_fhir_json
from fhir_um.api.query import demand_known
from fhir_um.settings import Settings
from fhir_um.usecases.see_forms import find_forms, read_form
from profiles.reading import write_json

_PUBLIC = {"Cache-Control": "public, max-age=300"}


def read_questionnaire(asked: Asked, form_id: str) -> Answer:
    """The form of a policy: by its id, or by id and version (`home-oxygen-1.0.0`)."""
    demand_fhir_json(asked.http)
    policy = read_form(asked.deps, form_id)
    return fhir(write_json(questionnaire(policy, form_id, forms_at(asked.house.settings))), headers=_PUBLIC)


def search_questionnaires(asked: Asked) -> Answer:
    """The forms of a canonical `url` and `version`, or all of them."""
    demand_fhir_json(asked.http)
    demand_known(asked.http.args, ("url", "version", "_format", "_pretty"))
    at = forms_at(asked.house.settings)
    url, _, named = asked.http.args.get("url", "").partition("|")
    version = asked.http.args.get("version", "") or named
    ours = not url or url.startswith(f"{at}/")
    found = find_forms(asked.deps, url.removeprefix(f"{at}/"), version) if ours else ()
    entries: list[dict[str, Any]] = []
    for policy in found:
        id = f"{policy.id}-{policy.version}"
        resource = questionnaire(policy, id, at)
        entries.append({"fullUrl": f"{at}/{id}", "resource": resource, "search": {"mode": "match"}})
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "total": len(entries)}
    return fhir(write_json(bundle | ({"entry": entries} if entries else {})), headers=_PUBLIC)


def forms_at(settings: Settings) -> str:
    """Where all forms are: one address for both versions of the guide, since a canonical names one thing."""
    return f"{settings.base_url}/fhir/Questionnaire"
