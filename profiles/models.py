"""The one door to fhir.resources: the R4 base classes, loaded when first asked for. Knows no guide.

For the checker and for tests; a request on the server never passes here.
"""

from typing import Any

from profiles.issues import Issue, Kind, Refusal


def parse(resource_type: str, data: dict[str, Any]) -> Any:
    """The resource as a fhir.resources model.

    Raises: Refusal INVALID with everything the base model finds wrong; UNREADABLE for an unknown resource type.
    """
    from fhir.resources.R4B import get_fhir_model_class  # takes half a second: not at import
    from pydantic import ValidationError

    try:
        model = get_fhir_model_class(resource_type)
    except (LookupError, ValueError) as fault:
        text = "The resourceType is none of FHIR R4."
        raise Refusal.of(Kind.UNREADABLE, "structure", text, "resourceType") from fault
    try:
        return model.model_validate(data)
    except ValidationError as fault:
        found = tuple(Issue("invalid", error["msg"], _path(resource_type, error["loc"])) for error in fault.errors())
        raise Refusal(Kind.INVALID, found) from fault
    except (LookupError, TypeError) as fault:  # fhir.resources 8.3 on a resourceType inside that R4 does not have
        raise Refusal.of(Kind.INVALID, "structure", "A resource inside is of no type of R4.", resource_type) from fault


def _path(root: str, steps: tuple[int | str, ...]) -> str:
    return root + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
