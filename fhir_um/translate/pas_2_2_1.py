"""Da Vinci PAS 2.2.1 on the wire. Must not know other versions."""

from fhir_um.translate.dialect import Dialect
from profiles.canonicals import EXT_AUTHORIZED_PROVIDER_TYPE, EXT_REVENUE_CODE, EXT_SERVICE_LINE_NUMBER, REVENUE_CODES

PAS_2_2_1 = Dialect(
    version="2.2.1",
    pended_outcome="complete",
    inquiry_answers_parameters=True,
    added_items=True,
    root_extensions=True,
    stay_dates=True,
    complex_error_element=True,
    line_number_on_payload=False,
    revenue_part=EXT_REVENUE_CODE,
    revenue_system=REVENUE_CODES,
    provider_type_part=EXT_AUTHORIZED_PROVIDER_TYPE,
    provider_qualification=True,
    task_line_number=(EXT_SERVICE_LINE_NUMBER, "valuePositiveInt"),
    form_input=("questionnaire-context", "valueString"),
    task_modifiers=True,
    differential_updates=False,
)
"""Source: PAS 2.2.1 package; `docs/adr/0004-dialects.md`."""
