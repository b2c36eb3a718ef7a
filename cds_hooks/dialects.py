"""Everything in which the versions of CRD differ, one value each. Nothing else asks which version it is.

Must not know hooks, orders or HTTP numbers. Source: CRD 2.0.1 and 2.2.1, HL7 Da Vinci.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cds_hooks.desk import Assertion, Topic
from cds_hooks.statements import Statement, in_crd_2_2
from cds_hooks.statements_2_0 import in_crd_2_0
from profiles.issues import Kind

_CRD = "http://hl7.org/fhir/us/davinci-crd/"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one version of CRD is spoken.

    `topics_instead`: what to call a topic that has no code there. `annotated`: the types of resource that coverage
    information may stand on; `annotates_basis`: an appointment made for an order gets it on the order. `not_hooks`:
    what to refuse a body with that is JSON but no hook call; `breaks_guide`: a hook call, but not as CRD wants it;
    `unusable_coverage`: a call that names no Coverage, several, or another payer's (None: answer as well as possible).
    """

    version: str
    topic_system: str
    topics_instead: Mapping[Topic, Topic]
    state: Callable[[Assertion], Statement]
    annotated: frozenset[str]
    asks_patients: bool
    one_pa_id: bool
    associates_by_reference: bool
    creates_coverage: bool
    form_yields_to_dtr: bool
    form_tells_what_follows: bool
    not_hooks: Kind
    breaks_guide: Kind
    unusable_coverage: Kind | None
    annotates_basis: bool


_ANNOTATED_2_0 = frozenset(
    {
        "Appointment",
        "CommunicationRequest",
        "DeviceRequest",
        "Encounter",
        "MedicationRequest",
        "NutritionOrder",
        "ServiceRequest",
    }
)
"""Not VisionPrescription, which the 2.0.1 extension does not allow. Appointment it forgets as well, but that guide asks
for coverage information on every appointment-book, and has the extension in its own profile of Appointment."""

CRD_2_2 = Dialect(
    version="2.2",
    topic_system="http://terminology.hl7.org/CodeSystem/cdshooks-card-type",
    topics_instead={},
    state=in_crd_2_2,
    annotated=_ANNOTATED_2_0 | {"VisionPrescription"},
    asks_patients=True,
    one_pa_id=False,
    associates_by_reference=True,
    creates_coverage=False,
    form_yields_to_dtr=True,
    form_tells_what_follows=False,
    not_hooks=Kind.UNREADABLE,
    breaks_guide=Kind.INVALID,
    unusable_coverage=Kind.UNREADABLE,
    annotates_basis=True,
)

CRD_2_0 = Dialect(
    version="2.0",
    topic_system=_CRD + "CodeSystem/temp",
    topics_instead={Topic.UNSOLICITED_DETERMINATION: Topic.COVERAGE_INFO},
    state=in_crd_2_0,
    annotated=_ANNOTATED_2_0,
    asks_patients=False,
    one_pa_id=True,
    associates_by_reference=False,
    creates_coverage=True,
    form_yields_to_dtr=False,
    form_tells_what_follows=True,
    not_hooks=Kind.INVALID,
    breaks_guide=Kind.INVALID,
    unusable_coverage=None,
    annotates_basis=False,
)

DIALECTS = {dialect.version: dialect for dialect in (CRD_2_2, CRD_2_0)}
"""By the version that discovery declares and that a request may ask for."""
