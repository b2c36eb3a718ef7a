"""The tables of what a PAS request must look like. Tables only: `structure`, `links` and `checking` read them.

A hand-written stand-in for the guides' own StructureDefinitions: it lists the elements this product reads, so that
what reads them meets no surprise. An element not listed is not judged.
Source: FHIR R4 4.0.1 resource definitions; PAS 2.0.1 and 2.2.1 profiles claim, claim-update, claim-inquiry, bundles.
"""

from dataclasses import dataclass

from profiles.canonicals import MODIFIER_INFO_CANCELLED

VERSIONS = ("2.0.1", "2.2.1")

MAX_ISSUES = 200
"""Issues told at once; a message with more is wrong throughout."""

RESOURCES: dict[str, str] = {
    # `name:Type`, `*` a list, `!` mandatory, `name[x]:A|B` a choice. Primitive types begin with a small letter.
    "Bundle": "identifier!:Identifier type!:code timestamp!:instant entry*!:Bundle.entry",
    "Bundle.entry": "fullUrl!:uri resource!:Resource",
    "Bundle.nested": "type:code timestamp:instant entry*:Bundle.nested.entry",
    "Bundle.nested.entry": "fullUrl:uri resource:Resource",
    "Claim": "identifier*:Identifier status!:code type!:CodeableConcept subType:CodeableConcept use!:code"
    " patient!:Reference billablePeriod:Period created!:dateTime enterer:Reference insurer!:Reference"
    " provider!:Reference priority!:CodeableConcept related*:Claim.related facility:Reference"
    " careTeam*:Claim.careTeam supportingInfo*:Claim.supportingInfo diagnosis*:Claim.diagnosis"
    " procedure*:Claim.procedure insurance*!:Claim.insurance accident:Claim.accident item*:Claim.item total:Money",
    "Claim.related": "claim:Reference relationship:CodeableConcept reference:Identifier",
    "Claim.careTeam": "sequence!:positiveInt provider!:Reference responsible:boolean role:CodeableConcept"
    " qualification:CodeableConcept",
    "Claim.supportingInfo": "sequence!:positiveInt category!:CodeableConcept code:CodeableConcept"
    " timing[x]:date|Period value[x]:boolean|string|Quantity|Attachment|Reference reason:CodeableConcept",
    "Claim.diagnosis": "sequence!:positiveInt diagnosis[x]!:CodeableConcept|Reference type*:CodeableConcept"
    " onAdmission:CodeableConcept packageCode:CodeableConcept",
    "Claim.procedure": "sequence!:positiveInt type*:CodeableConcept date:dateTime"
    " procedure[x]!:CodeableConcept|Reference",
    "Claim.insurance": "sequence!:positiveInt focal!:boolean identifier:Identifier coverage!:Reference"
    " businessArrangement:string preAuthRef*:string",
    "Claim.accident": "date!:date type:CodeableConcept location[x]:Address|Reference",
    "Claim.item": "sequence!:positiveInt careTeamSequence*:positiveInt diagnosisSequence*:positiveInt"
    " procedureSequence*:positiveInt informationSequence*:positiveInt revenue:CodeableConcept"
    " category:CodeableConcept productOrService!:CodeableConcept modifier*:CodeableConcept"
    " programCode*:CodeableConcept serviced[x]:date|Period location[x]:CodeableConcept|Address|Reference"
    " quantity:Quantity unitPrice:Money factor:decimal net:Money bodySite:CodeableConcept encounter*:Reference",
    "Coverage": "identifier*:Identifier status!:code type:CodeableConcept subscriber:Reference subscriberId:string"
    " beneficiary!:Reference dependent:string relationship:CodeableConcept period:Period payor*!:Reference"
    " class*:Coverage.class order:positiveInt",
    "Coverage.class": "type:CodeableConcept value:string name:string",
    "Patient": "identifier*:Identifier active:boolean name*:HumanName telecom*:ContactPoint gender:code"
    " birthDate:date deceased[x]:boolean|dateTime address*:Address managingOrganization:Reference",
    "Organization": "identifier*:Identifier active:boolean type*:CodeableConcept name:string telecom*:ContactPoint"
    " address*:Address partOf:Reference",
    "Practitioner": "identifier*:Identifier active:boolean name*:HumanName telecom*:ContactPoint address*:Address"
    " gender:code birthDate:date qualification*:Practitioner.qualification",
    "Practitioner.qualification": "identifier*:Identifier code:CodeableConcept period:Period issuer:Reference",
    "PractitionerRole": "identifier*:Identifier active:boolean period:Period practitioner:Reference"
    " organization:Reference code*:CodeableConcept specialty*:CodeableConcept location*:Reference"
    " telecom*:ContactPoint",
    "Location": "identifier*:Identifier status:code name:string type*:CodeableConcept telecom*:ContactPoint"
    " address:Address managingOrganization:Reference partOf:Reference",
    "Encounter": "identifier*:Identifier status:code class:Coding type*:CodeableConcept subject:Reference"
    " period:Period diagnosis*:Encounter.diagnosis partOf:Reference",
    "Encounter.diagnosis": "condition:Reference use:CodeableConcept rank:positiveInt",
    "ServiceRequest": "identifier*:Identifier basedOn*:Reference replaces*:Reference status:code intent:code"
    " code:CodeableConcept quantity[x]:Quantity|Ratio|Range subject:Reference encounter:Reference"
    " occurrence[x]:dateTime|Period|Timing authoredOn:dateTime requester:Reference performer*:Reference"
    " reasonCode*:CodeableConcept reasonReference*:Reference",
    "DeviceRequest": "identifier*:Identifier basedOn*:Reference status:code intent:code"
    " code[x]:Reference|CodeableConcept subject:Reference occurrence[x]:dateTime|Period|Timing"
    " authoredOn:dateTime requester:Reference reasonCode*:CodeableConcept reasonReference*:Reference",
    "MedicationRequest": "identifier*:Identifier status:code intent:code medication[x]:CodeableConcept|Reference"
    " subject:Reference encounter:Reference authoredOn:dateTime requester:Reference reasonCode*:CodeableConcept"
    " reasonReference*:Reference basedOn*:Reference dispenseRequest:MedicationRequest.dispenseRequest",
    "MedicationRequest.dispenseRequest": "validityPeriod:Period numberOfRepeatsAllowed:unsignedInt quantity:Quantity"
    " expectedSupplyDuration:Quantity",
    "MedicationStatement": "status:code medication[x]:CodeableConcept|Reference subject:Reference"
    " effective[x]:dateTime|Period dateAsserted:dateTime",
    "Medication": "code:CodeableConcept status:code",
    "NutritionOrder": "identifier*:Identifier status:code intent:code patient:Reference dateTime:dateTime",
    "Observation": "status:code category*:CodeableConcept code:CodeableConcept subject:Reference"
    " effective[x]:dateTime|Period|Timing|instant issued:instant value[x]:Quantity|CodeableConcept|string|boolean"
    "|integer|Range|Ratio|SampledData|time|dateTime|Period component*:Observation.component",
    "Observation.component": "code:CodeableConcept value[x]:Quantity|CodeableConcept|string|boolean|integer|Range"
    "|Ratio|SampledData|time|dateTime|Period",
    "Condition": "clinicalStatus:CodeableConcept verificationStatus:CodeableConcept category*:CodeableConcept"
    " code:CodeableConcept subject:Reference encounter:Reference"
    " onset[x]:dateTime|Age|Period|Range|string recordedDate:dateTime",
    "Procedure": "basedOn*:Reference partOf*:Reference status:code code:CodeableConcept subject:Reference"
    " encounter:Reference performed[x]:dateTime|Period|string|Age|Range",
    "DocumentReference": "identifier*:Identifier status:code type:CodeableConcept category*:CodeableConcept"
    " subject:Reference date:instant author*:Reference content*:DocumentReference.content",
    "DocumentReference.content": "attachment:Attachment format:Coding",
    "QuestionnaireResponse": "identifier:Identifier basedOn*:Reference partOf*:Reference questionnaire:uri"
    " status:code subject:Reference encounter:Reference authored:dateTime author:Reference"
    " item*:QuestionnaireResponse.item",
    "QuestionnaireResponse.item": "linkId:string definition:uri text:string"
    " answer*:QuestionnaireResponse.answer item*:QuestionnaireResponse.item",
    "QuestionnaireResponse.answer": "value[x]:boolean|decimal|integer|date|dateTime|time|string|uri|Attachment|Coding"
    "|Quantity|Reference item*:QuestionnaireResponse.item",
}
DATA_TYPES: dict[str, str] = {
    "Identifier": "use:code type:CodeableConcept system:uri value:string period:Period assigner:Reference",
    "CodeableConcept": "coding*:Coding text:string",
    "Coding": "system:uri version:string code:code display:string userSelected:boolean",
    "Reference": "reference:string type:uri identifier:Identifier display:string",
    "Period": "start:dateTime end:dateTime",
    "Quantity": "value:decimal comparator:code unit:string system:uri code:code",
    "Age": "value:decimal comparator:code unit:string system:uri code:code",
    "Range": "low:Quantity high:Quantity",
    "Ratio": "numerator:Quantity denominator:Quantity",
    "Money": "value:decimal currency:code",
    "HumanName": "use:code text:string family:string given*:string prefix*:string suffix*:string period:Period",
    "Address": "use:code type:code text:string line*:string city:string district:string state:string"
    " postalCode:string country:string period:Period",
    "ContactPoint": "system:code value:string use:code rank:positiveInt period:Period",
    "Attachment": "contentType:code language:code data:base64Binary url:uri size:unsignedInt hash:base64Binary"
    " title:string creation:dateTime",
    "Meta": "versionId:id lastUpdated:instant source:uri profile*:uri security*:Coding tag*:Coding",
    "SampledData": "",
    "Timing": "event*:dateTime code:CodeableConcept",
    "Extension": "url!:uri valueBoolean:boolean valueCode:code valueDate:date valueDateTime:dateTime"
    " valueDecimal:decimal valueId:id valueInstant:instant valueInteger:integer valuePositiveInt:positiveInt"
    " valueString:string valueTime:time valueUnsignedInt:unsignedInt valueUri:uri valueUrl:url valueCanonical:uri"
    " valueAddress:Address valueAttachment:Attachment valueCodeableConcept:CodeableConcept valueCoding:Coding"
    " valueIdentifier:Identifier valueMoney:Money valuePeriod:Period valueQuantity:Quantity valueRange:Range"
    " valueReference:Reference valueTiming:Timing",
}
MAY_BE_ABSENT_WITH_A_REASON = frozenset({"Claim.created"})
"""Mandatory primitives for which an extension alone will do; the others decide how a request is read."""

IN_EVERY_ELEMENT = "extension*:Extension modifierExtension*:Extension"
IN_EVERY_RESOURCE = "id:id meta:Meta implicitRules:uri language:code contained*:Resource"

MODIFIERS = {name: frozenset({MODIFIER_INFO_CANCELLED}) for name in ("Claim.item", "Claim.supportingInfo")}
"""Modifier extensions we understand, by where they stand; any other is refused (PAS 2.2.1 spec-25)."""

FIXED = {"status": "active", "use": "preauthorization"}
"""Values the first Claim must have (profile-claim-base)."""

FORBIDDEN_IN_ENTRY = ("search", "request", "response")
MAX_CLAIMS = 2
"""The request and, in an update, the one before it (profile-pas-request-bundle, entry:Claim 1..2)."""

SEQUENCED = ("careTeam", "supportingInfo", "diagnosis", "procedure", "insurance", "item")
"""Lists of the Claim whose `sequence` is unique (PAS 2.2.1 spec-22 and FHIR R4)."""

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
    "Coverage.subscriber": frozenset({"Patient", "RelatedPerson"}),
    "Coverage.payor": frozenset({"Organization"}),
    "PractitionerRole.practitioner": frozenset({"Practitioner"}),
    "PractitionerRole.organization": frozenset({"Organization"}),
    "PractitionerRole.location": frozenset({"Location"}),
    "Organization.partOf": frozenset({"Organization"}),
    "Location.partOf": frozenset({"Location"}),
    "Encounter.partOf": frozenset({"Encounter"}),
}
"""What a reference may point to."""

MUST_REFER = ("Claim.patient", "Claim.insurer", "Claim.provider", "Claim.insurance.coverage")
"""References of the first Claim that must be literal: the request cannot be read without their targets."""

HIERARCHIES = frozenset({"related.claim", "partOf", "basedOn", "replaces", "relatesTo.target", "priorPrescription"})
"""Links that lead from the later or smaller to the earlier or larger, so that a circle has no meaning.

Other circles are legal FHIR: an Encounter names the Condition it treated, the Condition its Encounter.
"""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """A fault that is let pass, and why. `links` are the references it lets dangle; none: nothing is checked at all."""

    why: str
    links: frozenset[str] = frozenset()
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
    Tolerance("InsuranceExample of both guide versions has a member identifier with a type and no value."),
    Tolerance("Updates of PAS 2.0.1 have no Claim.related, and senders of 2.2.1 copy them."),
    Tolerance("A prior Claim in a 2.0.1 Bundle is one Claim more than its profile allows, and does no harm."),
    Tolerance("A primitive with only an extension says why the value is absent (HRex); Claim.created may."),
    Tolerance(
        "Examples of both guide versions carry entries nothing refers to (spec-20); they are kept, with a warning."
    ),
)
