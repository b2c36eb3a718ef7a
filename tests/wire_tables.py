"""What PAS allows in its answers, by hand from the packages: elements, extensions and their parts, by version."""

PAS = "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/"

ELEMENTS = {
    "": "resourceType! id! meta! extension* identifier* status! type! use! patient! created! insurer! requestor? "
    "request! outcome! preAuthRef? preAuthPeriod? item* addItem* adjudication* error* processNote* "
    "communicationRequest*",
    "identifier": "extension* use? type? system! value! period? assigner?",
    "preAuthPeriod": "start? end?",
    "item": "extension* itemSequence! noteNumber* adjudication1",
    "item.adjudication": "extension1 category!",
    "adjudication": "extension1 category!",
    "addItem": "extension* itemSequence1 provider* productOrService! modifier* servicedDate? servicedPeriod? "
    "locationCodeableConcept? quantity? unitPrice? adjudication1",
    "addItem.adjudication": "extension1 category!",
    "error": "extension* itemSequence? code!",
    "processNote": "number! type? text!",
}
"""`!` 1..1, `?` 0..1, `*` 0..*, `+` 1..*, `1` a list of exactly one; what is not named is not allowed."""
BASE_ONLY_2_0_1 = {"identifier": "extension* use? type? system? value! period? assigner?"}

# Extensions: the most of each, and the type of its value (`Parts` when it has parts).
ITEM_2_0_1 = {
    "itemTraceNumber": (99, "Identifier"),
    "itemPreAuthIssueDate": (1, "Date"),
    "itemPreAuthPeriod": (1, "Period"),
    "authorizationNumber": (1, "String"),
    "administrationReferenceNumber": (1, "String"),
    "itemRequestedServiceDate": (1, "DateTime Period"),
    "itemAuthorizedDetail": (1, "Parts"),
    "itemAuthorizedProvider": (99, "Parts"),
    "communicatedDiagnosis": (99, "CodeableConcept"),
}
STAY = {"admissionDates": (1, "Date Period"), "dischargeDate": (1, "Date")}
IDENTIFIER = {"identifierSubDepartment": (1, "String"), "identifierJurisdiction": (1, "CodeableConcept")}
ERROR = {"errorFollowupAction": (1, "CodeableConcept"), "errorPath": (1, "String")}
ADD_ITEM = STAY | {
    "itemTraceNumber": (99, "Identifier"),
    "itemPreAuthIssueDate": (1, "Date"),
    "itemPreAuthPeriod": (1, "Period"),
    "authorizationNumber": (1, "String"),
    "administrationReferenceNumber": (1, "String"),
    "epsdtIndicator": (1, "Boolean"),
    "nursingHomeResidentialStatus": (1, "CodeableConcept"),
    "nursingHomeLevelOfCare": (1, "CodeableConcept"),
    "productOrServiceCodeEnd": (1, "CodeableConcept"),
    "revenueCode": (1, "CodeableConcept"),
    "revenueUnitRateLimit": (1, "Decimal"),
    "requestedService": (1, "Reference"),
    "serviceItemRequestType": (1, "CodeableConcept"),
    "certificationType": (1, "CodeableConcept"),
    "itemCategory": (1, "CodeableConcept"),
}
REVIEW = {"reviewAction": (1, "Parts")}
EXTENSIONS: dict[str, dict[str, dict[str, tuple[int, str]]]] = {
    "2.2.1": {
        "": {
            "TransmissionIdentifiers": (1, "Parts"),
            "claimResponseReviewer": (1, "Parts"),
            "itemAuthorizedProvider": (99, "Parts"),
        },
        "identifier": IDENTIFIER,
        "item": ITEM_2_0_1 | STAY,
        "item.adjudication": REVIEW,
        "adjudication": REVIEW,
        "addItem": ADD_ITEM,
        "addItem.provider": {"authorizedProviderType": (1, "CodeableConcept")},
        "addItem.adjudication": REVIEW,
        "error": ERROR | {"errorElement": (1, "Parts")},
    },
    "2.0.1": {
        "identifier": IDENTIFIER,
        "item": ITEM_2_0_1,
        "item.adjudication": REVIEW,
        "error": ERROR | {"errorElement": (1, "String")},
    },
}
PROVIDER_PARTS = {"provider": (1, "Reference")}
DETAIL_PARTS = {
    "productOrServiceCode": (1, "CodeableConcept"),
    "extension-productOrServiceCodeEnd": (1, "CodeableConcept"),
    "modifier": (99, "CodeableConcept"),
    "unitPrice": (1, "Money"),
    "quantity": (1, "Quantity"),
    "extension-epsdtIndicator": (1, "Boolean"),
    "extension-nursingHomeLevelOfCare": (1, "CodeableConcept"),
    "extension-revenueUnitRateLimit": (1, "Decimal"),
    "extension-requestedService": (1, "Reference"),
}
REVIEW_PARTS = {
    "number": (1, "String"),
    "extension-reviewActionCode": (1, "CodeableConcept"),
    "reasonCode": (99, "CodeableConcept"),
    "secondSurgicalOpinionFlag": (1, "Boolean"),
}
PARTS: dict[str, dict[str, dict[str, tuple[int, str]]]] = {
    "2.2.1": {
        "TransmissionIdentifiers": {
            "applicationSenderCode": (1, "String"),
            "applicationReceiverCode": (1, "String"),
            "interchangeSenderID": (1, "String"),
            "interchangeReceiverID": (1, "String"),
        },
        "claimResponseReviewer": {
            "wasHumanReviewedFlag": (1, "Boolean"),
            "reviewerNPI": (1, "Identifier"),
            "reviewerSpecialty": (1, "CodeableConcept"),
        },
        "itemAuthorizedProvider": PROVIDER_PARTS
        | {
            "extension-authorizedProviderType": (1, "CodeableConcept"),
            "role": (1, "CodeableConcept"),
            "qualification": (1, "CodeableConcept"),
        },
        "itemAuthorizedDetail": DETAIL_PARTS | {"extension-revenueCode": (1, "CodeableConcept")},
        "reviewAction": REVIEW_PARTS,
        "errorElement": {"error": (1, "String"), "processNote": (1, "PositiveInt")},
    },
    "2.0.1": {
        "itemAuthorizedProvider": PROVIDER_PARTS | {"providerType": (1, "CodeableConcept")},
        "itemAuthorizedDetail": DETAIL_PARTS | {"revenue": (1, "CodeableConcept")},
        "reviewAction": REVIEW_PARTS,
    },
}
NEEDED_PARTS = {
    "TransmissionIdentifiers": {"applicationSenderCode", "applicationReceiverCode"},
    "claimResponseReviewer": {"wasHumanReviewedFlag"},
    "reviewAction": {f"{PAS}extension-reviewActionCode"},
}
ASKED = (
    "resourceType! id! meta? extension* identifier1 status! category* medium1 payload1 requester? recipient* sender?"
)
