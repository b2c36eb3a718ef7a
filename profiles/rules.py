"""The tables of what PAS says in words and no definition can: `links` and `checking` read them. Tables only.

Source: PAS 2.0.1 and 2.2.1, narrative of the specification page; FHIR R4 4.0.1.
"""

from dataclasses import dataclass

from profiles.canonicals import PROFILE_INQUIRY_REQUEST_BUNDLE, PROFILE_REQUEST_BUNDLE

VERSIONS = ("2.0.1", "2.2.1")

GUIDES = {version: f"hl7.fhir.us.davinci-pas#{version}" for version in VERSIONS}
"""PAS version -> the package that says what its canonicals mean."""

PROFILES = {
    False: PROFILE_REQUEST_BUNDLE,
    True: PROFILE_INQUIRY_REQUEST_BUNDLE,
}
"""Is it an inquiry? -> the profile that the Bundle must meet."""

IN_WORDS = "ours, after what PAS says in words"
"""The rule behind an issue that no definition makes."""

MAX_ISSUES = 200
"""Issues told at once; a message with more is wrong throughout."""

MANDATORY: dict[str, frozenset[str]] = {
    "Bundle": frozenset({"identifier", "type", "timestamp", "entry", "entry.fullUrl", "entry.resource"}),
    "Claim": frozenset(
        {"status", "type", "use", "patient", "created", "insurer", "provider", "priority", "insurance"}
        | {"careTeam.sequence", "careTeam.provider", "supportingInfo.sequence", "supportingInfo.category"}
        | {"diagnosis.sequence", "diagnosis.diagnosis", "procedure.sequence", "procedure.procedure"}
        | {"insurance.sequence", "insurance.focal", "insurance.coverage", "accident.date"}
        | {"item.sequence", "item.productOrService"}
    ),
    "Coverage": frozenset({"status", "beneficiary", "payor"}),
}
"""Elements without which a request cannot be read, by type; also the lenient refuse a request that lacks one."""

READ = frozenset(
    {
        "Bundle",
        "Claim",
        "Coverage",
        "Patient",
        "Organization",
        "Practitioner",
        "PractitionerRole",
        "Location",
        "Encounter",
    }
    | {"ServiceRequest", "DeviceRequest", "MedicationRequest", "MedicationStatement", "Medication", "NutritionOrder"}
    | {"Observation", "Condition", "Procedure", "DocumentReference", "QuestionnaireResponse"}
)
"""Types a request is read from; what is malformed in them is refused by the lenient too."""

ESSENTIAL_RULES = frozenset({"per-1", "ext-1"})
"""Invariants of FHIR itself that whoever reads a request relies on."""

SEQUENCED = ("careTeam", "supportingInfo", "diagnosis", "procedure", "insurance", "item")
"""Lists of the Claim whose `sequence` is unique (PAS 2.2.1 spec-22 and FHIR R4)."""

VALUED: dict[str, frozenset[str]] = {
    "Bundle": frozenset({"entry.fullUrl"}),
    "Claim": frozenset({"status", "use", *(f"{name}.sequence" for name in SEQUENCED)}),
}
"""Elements that need a value; elsewhere the reason for its absence will do."""

FIXED = {"status": "active", "use": "preauthorization"}
"""Values the first Claim must have (profile-claim-base)."""

FORBIDDEN_IN_ENTRY = ("search", "request", "response")
MAX_CLAIMS = 2
"""The request and, in an update, the one before it (profile-pas-request-bundle, entry:Claim 1..2)."""

POINTERS = {
    "careTeamSequence": "careTeam",
    "diagnosisSequence": "diagnosis",
    "procedureSequence": "procedure",
    "informationSequence": "supportingInfo",
}
"""Which list an item's sequence numbers point to."""

_WHO = frozenset({"Organization", "Practitioner", "PractitionerRole"})
TARGETS: dict[str, frozenset[str]] = {
    "Claim.patient": frozenset({"Patient"}),
    "Claim.insurer": frozenset({"Organization"}),
    "Claim.provider": _WHO,
    "Claim.careTeam.provider": _WHO,
    "Claim.related.claim": frozenset({"Claim"}),
    "Claim.insurance.coverage": frozenset({"Coverage"}),
    "Coverage.beneficiary": frozenset({"Patient"}),
    "Coverage.payor": frozenset({"Organization"}),
    "PractitionerRole.practitioner": frozenset({"Practitioner"}),
    "PractitionerRole.organization": frozenset({"Organization"}),
}
"""What these must point to for a request to be processed at all; wrong types elsewhere the profiles tell."""

MUST_REFER = ("Claim.patient", "Claim.insurer", "Claim.provider", "Claim.insurance.coverage")
"""References of the first Claim that must be literal: the request cannot be read without their targets."""

HIERARCHIES = frozenset({"related.claim", "partOf", "basedOn", "replaces", "relatesTo.target", "priorPrescription"})
"""Links that lead from the later or smaller to the earlier or larger, so that a circle has no meaning.

Other circles are legal FHIR: an Encounter names the Condition it treated, the Condition its Encounter.
"""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """A reference to nothing that is let pass, and why."""

    why: str
    links: frozenset[str]
    versions: tuple[str, ...] = VERSIONS
    of_prior_claim: bool = False
    of_inquiry: bool = False
    warn: bool = False


TOLERATED: tuple[Tolerance, ...] = (
    Tolerance(
        "An update carries the claim it changes, and no claim before that (PAS 2.2.1 spec-66).",
        frozenset({"Claim.related.claim"}),
        of_prior_claim=True,
    ),
    Tolerance(
        "The PAS 2.0.1 request Bundle holds exactly one Claim, so an update cannot carry the one before it.",
        frozenset({"Claim.related.claim"}),
        versions=("2.0.1",),
    ),
    Tolerance(
        "An inquiry is a pattern to match; the claim it mentions is not read.",
        frozenset({"Claim.related.claim"}),
        of_inquiry=True,
        warn=True,
    ),
    Tolerance(
        "SurgicalRequestBundleExample of both guide versions names a Practitioner and a Location it does not carry.",
        frozenset({"PractitionerRole.practitioner", "PractitionerRole.organization", "PractitionerRole.location"}),
        warn=True,
    ),
)


@dataclass(frozen=True, slots=True)
class Exemption:
    """A fault against a profile that is let pass, and why; `names` is the place without indexes, `rule` the key."""

    why: str
    names: str
    rule: str
    versions: tuple[str, ...] = VERSIONS
    of_whole_cancel: bool = False


EXEMPT: tuple[Exemption, ...] = (
    Exemption(
        "Taking back a whole request needs no items, though the profile asks for one (PAS 2.2.1 operation text).",
        "Bundle.entry.resource.item",
        "min",
        of_whole_cancel=True,
    ),
    Exemption(
        "A prior Claim in a 2.0.1 Bundle is one more than its profile allows, and does no harm.",
        "Bundle.entry",
        "slice Claim max",
        versions=("2.0.1",),
    ),
)
