"""The preset for the CRD server suite of Inferno, which tests CRD 2.0.1.

Source: the inputs of CRD test kit 0.13.0. Titles and descriptions are ours; names are the suite's.
"""

from fhir_um.conformance.inferno.payloads import Script
from fhir_um.conformance.inferno.presets import RADIO, TEXT, Input, Preset

HOOKS = ("appointment-book", "encounter-start", "encounter-discharge", "order-select", "order-dispatch", "order-sign")
VERSION = "2.0.1"
STORIES = ("crd-therapy-more", "crd-therapy-first", "crd-wheelchair")
"""Stories in which every hook is called, and every kind of answer given."""

_ALGORITHMS = ("ES384", "RS384")


def preset(base: str, script: Script) -> Preset:
    """The preset. `base` is the address before `/cds-services`."""
    bodies = {hook: script.hooks(hook, STORIES) for hook in HOOKS}
    signed = next(iter(bodies["order-sign"]), "")
    inputs = (
        Input("base_url", "Address before /cds-services", base, TEXT),
        Input("authentication_required", "Discovery asks for a token", "no", RADIO, choices=("no", "yes")),
        Input("encryption_method", "Algorithm of tokens", _ALGORITHMS[0], RADIO, choices=_ALGORITHMS),
        Input("jwks_kid", "Id of the key tokens are signed with", "", TEXT, is_optional=True),
        Input("any_hook_service_ids", "Service of the first call", "order-sign", TEXT, is_optional=True),
        Input("any_hook_request_body", "The first call", signed),
        *(each for hook in HOOKS for each in _of_hook(hook, bodies[hook])),
    )
    return Preset(f"fhir-um, CRD {VERSION}", "crd-server-fhir-um", "crd_server", VERSION, inputs)


def _of_hook(hook: str, bodies: tuple[str, ...]) -> tuple[Input, Input]:
    name = hook.replace("-", "_")
    return (
        Input(f"{name}_service_ids", f"Service of {hook}", hook, TEXT, is_optional=True),
        Input(f"{name}_request_bodies", f"Calls of {hook}", f"[{','.join(bodies)}]", is_optional=True),
    )
