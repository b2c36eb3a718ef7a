"""What differs on the wire between versions of PAS, as one row of words. Must not know any version."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dialect:
    """One version of the guide; every difference an answer needs, and nothing else.

    `pended_outcome` is ClaimResponse.outcome while a line waits and nothing is wrong. `added_items` says that a
    modified line shows what was asked in its detail and what was authorized as an added item; otherwise the detail
    is what was authorized. `root_extensions` allows reviewer, transmission identifiers, authorized providers and a
    review action on the whole answer, `stay_dates` the dates of admission and discharge. `revenue_part` is the URL of
    the revenue part inside the authorized detail, `provider_type_part` that of the type inside the authorized provider,
    which has a role and a qualification (`provider_qualification`) or not.
    `task_line_number` is the URL and the value of the line number in a Task, `form_input` the kind and the value of its
    input that leads to the payer's questionnaire; `task_modifiers` allows to narrow down the documents it asks for.
    With `differential_updates` an update may be known by its change flags alone and may leave lines out.
    """

    version: str
    pended_outcome: str
    inquiry_answers_parameters: bool
    added_items: bool
    root_extensions: bool
    stay_dates: bool
    complex_error_element: bool
    line_number_on_payload: bool
    revenue_part: str
    revenue_system: str
    provider_type_part: str
    provider_qualification: bool
    task_line_number: tuple[str, str]
    form_input: tuple[str, str]
    task_modifiers: bool
    differential_updates: bool
