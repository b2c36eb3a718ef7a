"""What the two versions of CRD ask differently, as data. Must not know exchanges or checks.

Source: CRD 2.2.1 and 2.0.1, HL7 Da Vinci: ext-coverage-information with its value sets, and the types of response.
"""

from collections.abc import Mapping
from dataclasses import dataclass

EXTENSION = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-coverage-information"
TEMP = "http://hl7.org/fhir/us/davinci-crd/CodeSystem/temp"
CARD_TYPES = "http://terminology.hl7.org/CodeSystem/cdshooks-card-type"
DETAIL_CODES = "http://terminology.hl7.org/CodeSystem/crd-coverage-detail"

PRIMARY = ("appointment-book", "order-dispatch", "order-sign")
SECONDARY = ("encounter-start", "encounter-discharge", "order-select")
ORDERS = frozenset(
    {
        "CommunicationRequest",
        "DeviceRequest",
        "MedicationRequest",
        "NutritionOrder",
        "ServiceRequest",
        "VisionPrescription",
    }
)
OPTIONS = frozenset(
    {
        "coverage-info",
        "claim",
        "insurance",
        "limits",
        "network",
        "appropriate-use",
        "cost",
        "therapy-alternatives-opt",
        "therapy-alternatives-req",
        "clinical-reminder",
        "duplicate-therapy",
        "contraindication",
        "guideline",
        "off-guideline",
    }
)
"""The topics of cards in both versions; each is also the code of the option that switches it."""

_COVERED = frozenset({"covered", "not-covered", "conditional"})
_PA = frozenset({"no-auth", "auth-needed", "satisfied", "performpa", "conditional"})
_PURPOSE = frozenset({"withpa", "withclaim", "withorder", "retain-doc", "OTH"})
_INFO = frozenset({"performer", "location", "timeframe", "contract-window", "OTH"})
_LATER = frozenset({"indeterminate"})

_TYPES = {
    "coverage": ("valueReference",),
    "covered": ("valueCode",),
    "pa-needed": ("valueCode",),
    "doc-needed": ("valueCode",),
    "doc-purpose": ("valueCode",),
    "info-needed": ("valueCode",),
    "billingCode": ("valueCoding",),
    "reason": ("valueCodeableConcept",),
    "detail": ("extension",),
    "dependency": ("valueReference",),
    "questionnaire": ("valueCanonical",),
    "date": ("valueDate",),
    "coverage-assertion-id": ("valueString",),
    "satisfied-pa-id": ("valueString",),
}
"""Element of coverage-information -> the names its value may stand under, as far as both versions agree."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """One version of CRD.

    `spoken` is what a call says in requestedVersion, empty when it says nothing. `codes`: element -> codes it may
    have; `types`: element -> names its value may stand under; `detail_values` those of a detail's value.
    `annotated`: types that coverage-information may stand on, by hook. `not_a_call`: the statuses for JSON that is no
    call of the service; `breaks_guide`: those for a call whose orders break the guide.
    """

    version: str
    guide: str
    spoken: str
    topic_system: str
    topics: frozenset[str]
    codes: Mapping[str, frozenset[str]]
    reasons: frozenset[str]
    types: Mapping[str, tuple[str, ...]]
    detail_values: frozenset[str]
    not_a_call: frozenset[int]
    breaks_guide: frozenset[int]

    @property
    def is_newer(self) -> bool:
        """Whether it is of the line of 2.2, where several rules are new."""
        return self.spoken != ""

    def annotated(self, hook: str) -> frozenset[str]:
        """The types of resource that may carry coverage information in answers to a hook."""
        if hook.startswith("encounter"):
            return frozenset({"Encounter"})
        if hook == "appointment-book":
            return frozenset({"Appointment"}) | (ORDERS if self.is_newer else frozenset())
        return ORDERS


CRD_2_2 = Dialect(
    version="2.2.1",
    guide="hl7.fhir.us.davinci-crd#2.2.0",
    spoken="2.2",
    topic_system=CARD_TYPES,
    topics=OPTIONS | {"unsolicited-determ"},
    codes={
        "covered": _COVERED | _LATER,
        "pa-needed": _PA | _LATER,
        "doc-needed": frozenset({"clinical", "admin", "patient", "conditional"}) | _LATER,
        "doc-purpose": _PURPOSE,
        "info-needed": _INFO | {"detail-code"},
    },
    reasons=frozenset(
        {"gold-card", "no-member-found", "no-active-coverage", "coverage-not-found", "auth-out-network", "technical"}
    ),
    types=_TYPES | {"contact": ("valueContactDetail",), "expiry-date": ("valueDate",)},
    detail_values=frozenset({"valueBoolean", "valueString", "valueUrl", "valueQuantity", "valuePeriod"}),
    not_a_call=frozenset({400}),
    breaks_guide=frozenset({400, 422}),
)

CRD_2_0 = Dialect(
    version="2.0.1",
    guide="hl7.fhir.us.davinci-crd#2.0.1",
    spoken="",
    topic_system=TEMP,
    topics=OPTIONS,
    codes={
        "covered": _COVERED,
        "pa-needed": _PA,
        "doc-needed": frozenset({"clinical", "admin", "both", "conditional"}),
        "doc-purpose": _PURPOSE,
        "info-needed": _INFO,
    },
    reasons=frozenset({"gold-card", "detail-code"}),
    types=_TYPES | {"contact": ("valueContactPoint",), "response": ("valueReference",)},
    detail_values=frozenset({"valueBoolean", "valueString", "valueQuantity", "valuePeriod"}),
    not_a_call=frozenset({400, 422}),
    breaks_guide=frozenset({422}),
)

DETAILS: Mapping[str, tuple[str, str]] = {
    "allowed-quantity": ("cat-limitation", "valueQuantity"),
    "allowed-period": ("cat-limitation", "valuePeriod"),
    "in-network-copay": ("cat-decisional", "valueQuantity"),
    "out-network-copay": ("cat-decisional", "valueQuantity"),
    "concurrent-review": ("cat-decisional", "valueBoolean"),
    "appropriate-use-needed": ("cat-decisional", "valueBoolean"),
    "policy-link": ("cat-other", "valueUrl"),
    "instructions": ("", "valueString"),
}
"""Code of a detail -> the category it belongs to (empty: any) and the name its value stands under."""

PROPOSED = ORDERS | {"Device", "Medication"}
"""The types that may be proposed beside an order."""

CRD = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/profile-"
PROFILES: Mapping[str, str] = {kind: CRD + kind.lower() for kind in (*ORDERS, "Coverage", "Device", "Encounter")} | {
    "Task": CRD + "taskquestionnaire"
}
"""Type -> the profile of CRD for it; an Appointment has one that depends on the version."""

CONTEXT: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "appointment-book": (("userId",), ("patientId",), ("appointments",)),
    "encounter-start": (("userId",), ("patientId",), ("encounterId",)),
    "encounter-discharge": (("userId",), ("patientId",), ("encounterId",)),
    "order-select": (("userId",), ("patientId",), ("selections",), ("draftOrders",)),
    "order-sign": (("userId",), ("patientId",), ("draftOrders",)),
    "order-dispatch": (("patientId",), ("order", "dispatchedOrders"), ("performer",)),
}
"""Hook -> what its context must hold; of several names one is enough."""
