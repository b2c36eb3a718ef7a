"""The prefetch queries a client is asked to run, per version and hook, word for word as the guide gives them.

Must not know services or calls. Source: CRD 2.2.1 found-24, found-29 and the service example; CRD 2.0.1 (queries per
type, with `_include`); CDS Hooks 3.0.0-ballot, prefetch tokens. The guide's 2.0.1 text has `{{context.patient}}`, a
field no hook has; `patientId` stands here.
"""

_PATIENT = ("patient", "Patient/{{context.patientId}}")
_ENCOUNTER = ("encounter", "Encounter/{{context.encounterId}}")
_COVERAGE = ("coverage", "Coverage?patient={{context.patientId}}&status=active")
_IN_CONTEXT = "context.draftOrders.entry.resource."
_BASES = "context.appointments.entry.resource.basedOn"
_ALTERNATE = f"{_BASES}.extension('http://hl7.org/fhir/StructureDefinition/alternate-reference').value"

Prefetch = tuple[tuple[str, str], ...]


def _by_id(kind: str, *paths: str) -> tuple[str, str]:
    """A query for the resources that those paths lead to: `Device?_id={{...|...}}`."""
    return f"{kind[0].lower()}{kind[1:]}s", f"{kind}?_id={{{{{'|'.join(paths)}}}}}"


def _leading_to(kind: str, *paths: str) -> tuple[str, ...]:
    return tuple(f"{path}.resolve().ofType({kind}).id" for path in paths)


def _people(*paths: str) -> Prefetch:
    """Who stands at the end of those paths: by role first, because persons are found through their roles."""
    return (
        _by_id("PractitionerRole", *_leading_to("PractitionerRole", *paths)),
        _by_id(
            "Practitioner",
            "%practitionerRoles.entry.resource.practitioner.resolve().id",
            *_leading_to("Practitioner", *paths),
        ),
    )


def _organizations(*more: str) -> tuple[str, str]:
    places = ("%practitionerRoles.entry.resource.organization.resolve().id",)
    return _by_id("Organization", *places, *_leading_to("Organization", "%encounter.serviceProvider"), *more)


def _locations(*more: str) -> tuple[str, str]:
    roles = "%practitionerRoles.entry.resource.location.resolve().id"
    return _by_id("Location", roles, "%encounter.location.location.resolve().id", *more)


def _of(*paths: str) -> tuple[str, ...]:
    return tuple(f"%{key}.entry.resource.{element}" for key, element in (path.split(".", 1) for path in paths))


_MET = "%encounter.participant.individual"
_PARTIES = (
    "deviceRequests.performer",
    "deviceRequests.requester",
    "medicationRequests.performer",
    "medicationRequests.requester",
    "serviceRequests.performer",
    "serviceRequests.requester",
)
_ORDERED = (
    _by_id("Device", "%deviceRequests.entry.resource.code.resolve().id"),
    _by_id("Medication", "%medicationRequests.entry.resource.medication.resolve().id"),
)
_DRAFT_PARTIES = tuple(
    _IN_CONTEXT + element for element in ("sender", "recipient", "requester", "performer", "orderer", "prescriber")
)
_COMMUNICATING = ("communicationRequests.sender", "communicationRequests.recipient", "communicationRequests.requester")
_ACTORS = "context.appointments.entry.resource.participant.actor"

_ORDERS_2_2: Prefetch = (
    _PATIENT,
    _ENCOUNTER,
    _COVERAGE,
    _by_id("Device", _IN_CONTEXT + "ofType(DeviceRequest).code.resolve().id"),
    _by_id("Medication", _IN_CONTEXT + "ofType(MedicationRequest).medication.resolve().id"),
    *_people(_MET, *_DRAFT_PARTIES),
    _organizations(
        _IN_CONTEXT + "dispenseRequest.performer.resolve().id",
        *_leading_to("Organization", *(_IN_CONTEXT + element for element in ("sender", "recipient", "performer"))),
    ),
    _locations(_IN_CONTEXT + "locationReference.resolve().id"),
)
_ENCOUNTERS_2_2: Prefetch = (_PATIENT, _ENCOUNTER, _COVERAGE, *_people(_MET), _organizations(), _locations())
_DISPATCHED_2_2: Prefetch = (
    _PATIENT,
    _ENCOUNTER,
    _COVERAGE,
    *(
        _by_id(kind, *_leading_to(kind, "context.dispatchedOrders"))
        for kind in (
            "CommunicationRequest",
            "DeviceRequest",
            "MedicationRequest",
            "NutritionOrder",
            "ServiceRequest",
            "VisionPrescription",
        )
    ),
    *_ORDERED,
    *_people(_MET, *_of(*_COMMUNICATING, *_PARTIES, "nutritionOrders.orderer", "visionPrescriptions.prescriber")),
    _organizations(
        *_leading_to("Organization", *_of("communicationRequests.recipient", "communicationRequests.sender")),
        "%medicationRequests.entry.resource.dispenseRequest.performer.resolve().id",
        *_leading_to("Organization", *_of("serviceRequests.performer")),
    ),
    _locations("%serviceRequests.entry.resource.locationReference.resolve().id"),
)
_APPOINTMENTS_2_2: Prefetch = (
    _PATIENT,
    _ENCOUNTER,
    _COVERAGE,
    _by_id("DeviceRequest", *_leading_to("DeviceRequest", _ALTERNATE)),
    _by_id("ServiceRequest", *_leading_to("ServiceRequest", _BASES)),
    _by_id("MedicationRequest", *_leading_to("MedicationRequest", _ALTERNATE)),
    *_ORDERED,
    *_people(_MET, _ACTORS, *_of(*_PARTIES)),
    _organizations(
        *_leading_to("Organization", *_of("medicationRequests.dispenseRequest.performer", "serviceRequests.performer"))
    ),
    _locations(*_leading_to("Location", _ACTORS, *_of("serviceRequests.locationReference"))),
)


def _including(kind: str, token: str, *includes: str) -> tuple[str, str]:
    """A query of CRD 2.0.1: one type by id, with what it refers to."""
    return f"{kind[0].lower()}{kind[1:]}", "&".join((f"{kind}?_id={{{{context.{token}}}}}", *includes))


def _include(kind: str, *parameters: str) -> tuple[str, ...]:
    return tuple(f"_include={kind}:{parameter}" for parameter in parameters)


_ROLES = ("_include:iterate=PractitionerRole:organization", "_include:iterate=PractitionerRole:practitioner")
_DRAFTS_2_0: Prefetch = tuple(
    _including(kind, f"draftOrders.{kind}.id", *_include(kind, "patient", *parameters), *_ROLES, *more)
    for kind, parameters, more in (
        ("DeviceRequest", ("performer", "requester", "device"), ()),
        ("MedicationRequest", ("intended-dispenser", "requester:PractitionerRole", "medication"), ()),
        (
            "NutritionOrder",
            ("provider", "requester"),
            (*_include("NutritionOrder", "encounter"), "_include:iterate=Encounter:location"),
        ),
        ("ServiceRequest", ("performer", "requester"), ()),
    )
)
_ENCOUNTERS_2_0 = _including(
    "Encounter", "encounterId", *_include("Encounter", "patient", "service-provider", "practitioner", "location")
)
_APPOINTMENTS_2_0 = _including(
    "Appointment",
    "appointments.Appointment.id",
    *_include("Appointment", "patient", "practitioner:PractitionerRole"),
    *_ROLES,
    *_include("Appointment", "location"),
)

PREFETCH: dict[str, dict[str, Prefetch]] = {
    "2.2": {
        "order-sign": _ORDERS_2_2,
        "order-select": _ORDERS_2_2,
        "order-dispatch": _DISPATCHED_2_2,
        "appointment-book": _APPOINTMENTS_2_2,
        "encounter-start": _ENCOUNTERS_2_2,
        "encounter-discharge": _ENCOUNTERS_2_2,
    },
    "2.0": {
        "order-sign": (_PATIENT, _ENCOUNTER, _COVERAGE, *_DRAFTS_2_0),
        "order-select": (_PATIENT, _ENCOUNTER, _COVERAGE, *_DRAFTS_2_0),
        "order-dispatch": (
            _PATIENT,
            _COVERAGE,
            ("order", "{{context.order}}"),
            ("performer", "{{context.performer}}"),
        ),
        "appointment-book": (_PATIENT, _ENCOUNTER, _COVERAGE, _APPOINTMENTS_2_0),
        "encounter-start": (_PATIENT, _ENCOUNTERS_2_0, _COVERAGE),
        "encounter-discharge": (_PATIENT, _ENCOUNTERS_2_0, _COVERAGE),
    },
}
"""By version and hook: key and template, each key before the ones that use it.

`patient`, `encounter` and `coverage` are plain enough for clients that resolve nothing but context fields; those drop
the rest, which is then fetched.
"""
