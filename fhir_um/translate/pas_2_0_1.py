"""Da Vinci PAS 2.0.1 on the wire. Must not know other versions."""

from fhir_um.translate.dialect import Dialect
from profiles.canonicals import EXT_PA_LINE_NUMBER, REVENUE_CODES_2_0_1

PAS_2_0_1 = Dialect(
    version="2.0.1",
    pended_outcome="queued",
    inquiry_answers_parameters=False,
    added_items=False,
    root_extensions=False,
    stay_dates=False,
    complex_error_element=False,
    line_number_on_payload=True,
    revenue_part="revenue",
    revenue_system=REVENUE_CODES_2_0_1,
    provider_type_part="providerType",
    provider_qualification=False,
    task_line_number=(EXT_PA_LINE_NUMBER, "valueInteger"),
    form_input=("questionnaires-needed", "valueIdentifier"),
    task_modifiers=False,
    differential_updates=True,
)
"""Source: PAS 2.0.1 package; `docs/adr/0004-dialects.md`."""
