"""Reads the Parameters of `$submit-attachment` into plain words, and tells every fault at once, with its place.

Must not know cases on file. Nothing is fetched: a document comes with its bytes or it does not come. Signatures are
kept with what they sign and not verified. Source: Da Vinci CDex 2.1.0, OperationDefinition submit-attachment.
"""

import base64
from collections.abc import Iterator
from typing import Any

from fhir_um.cases.attachments import AttachmentsSent, SentDocument
from fhir_um.errors import Issue, Kind, Refusal
from fhir_um.translate.attached_content import MEDIA, decoded, media_type, plain
from fhir_um.translate.elements_in import Json, child, concept, each, identifier, text
from fhir_um.words import Concept, Identifier
from profiles.primitives import PRIMITIVES
from profiles.reading import FHIR_JSON, write_json

RESOURCES = frozenset(
    {
        "AllergyIntolerance",
        "Bundle",
        "CarePlan",
        "Condition",
        "Device",
        "DeviceRequest",
        "DiagnosticReport",
        "Encounter",
        "Immunization",
        "MedicationAdministration",
        "MedicationDispense",
        "MedicationRequest",
        "MedicationStatement",
        "NutritionOrder",
        "Observation",
        "Procedure",
        "QuestionnaireResponse",
        "ServiceRequest",
    }
)
"""FHIR types that are taken as they are, beside files in a DocumentReference or a Binary."""

_VALUES = {
    "TrackingId": "valueIdentifier",
    "AdminRefNumber": "valueIdentifier",
    "AttachTo": "valueCode",
    "PayerId": "valueIdentifier",
    "OrganizationId": "valueIdentifier",
    "ProviderId": "valueIdentifier",
    "MemberId": "valueIdentifier",
    "ServiceDate": "valueDateTime",
    "Final": "valueBoolean",
}
_NEEDED = ("TrackingId", "AttachTo", "MemberId", "Attachment")
_PARTS = {"LineItem": "valueString", "Code": "valueCodeableConcept", "Content": "resource"}
_TAKEN = f"{', '.join(sorted(RESOURCES))}, or a DocumentReference or Binary with its bytes"


def read_attachments(body: Any, max_documents: int) -> AttachmentsSent:
    """What was sent, in house words.

    Raises: Refusal UNREADABLE when it is no Parameters; TOO_BIG for too many documents; INVALID with every fault.
    """
    if not isinstance(body, dict) or body.get("resourceType") != "Parameters":
        raise Refusal.of(Kind.UNREADABLE, "structure", "The body is not a Parameters resource.", "resourceType")
    reading = _Reading()
    reading.read(body)
    if len(reading.documents) > max_documents:
        told = f"{len(reading.documents)} documents came at once, at most {max_documents} are taken."
        raise Refusal.of(Kind.TOO_BIG, "too-costly", told, "Parameters.parameter")
    if reading.issues:
        raise Refusal(Kind.INVALID, tuple(reading.issues))
    return reading.sent()


class _Reading:
    """One body being read: values by name, documents, and the faults so far."""

    def __init__(self) -> None:
        self.issues: list[Issue] = []
        self.documents: list[SentDocument] = []
        self._values: dict[str, Any] = {}
        self._seen: set[str] = set()

    def read(self, body: Json) -> None:
        """All parameters, then what is missing among them."""
        for index, row in enumerate(each(body, "parameter")):
            self._parameter(row, f"Parameters.parameter[{index}]")
        for name in _NEEDED:
            if name not in self._seen:
                self._fault("required", f"The parameter {name} is missing.", "Parameters.parameter")
        if not self._seen & {"OrganizationId", "ProviderId"}:
            self._fault("required", "Say who sends: OrganizationId or ProviderId.", "Parameters.parameter")

    def sent(self) -> AttachmentsSent:
        """What was read; only to be asked when nothing is wrong."""
        known = self._identifier
        tracking, member = known("TrackingId"), known("MemberId")
        if tracking is None or member is None:
            raise AssertionError("a body without faults has a tracking id and a member")
        return AttachmentsSent(
            tracking=tracking,
            admin_reference=known("AdminRefNumber"),
            payer=known("PayerId"),
            organization=known("OrganizationId"),
            provider=known("ProviderId"),
            member=member,
            service_date=self._values.get("ServiceDate", ""),
            documents=tuple(self.documents),
            final=self._values.get("Final", True),
        )

    def _identifier(self, name: str) -> Identifier | None:
        return identifier(self._values[name]) if name in self._values else None

    def _fault(self, code: str, told: str, path: str) -> None:
        self.issues.append(Issue(code, told, path))

    def _parameter(self, row: Json, path: str) -> None:
        name = text(row, "name")
        if name == "Attachment":
            self._seen.add(name)
            self._attachment(row, path)
        elif name not in _VALUES:
            self._fault("not-supported", "A parameter of that name is not known here.", f"{path}.name")
        elif name in self._seen:
            self._fault("structure", f"The parameter {name} may be given once.", path)
        else:
            self._seen.add(name)
            self._values[name] = row.get(_VALUES[name])
            self.issues.extend(_value_faults(name, self._values[name], f"{path}.{_VALUES[name]}"))

    def _attachment(self, row: Json, path: str) -> None:
        lines: list[str] = []
        code, contents = Concept(), list[tuple[Json, str]]()
        for index, part in enumerate(each(row, "part")):
            name, place = text(part, "name"), f"{path}.part[{index}]"
            if name not in _PARTS:
                self._fault("not-supported", "A part of that name is not known here.", f"{place}.name")
            elif name == "LineItem" and text(part, "valueString").strip():
                lines.append(text(part, "valueString").strip())
            elif name == "Code" and concept(child(part, "valueCodeableConcept")):
                code = concept(child(part, "valueCodeableConcept")) or code
            elif name == "Content" and child(part, "resource"):
                contents.append((child(part, "resource"), f"{place}.resource"))
            else:
                self._fault("required", f"The part {name} needs a {_PARTS[name]}.", place)
        if len(contents) != 1:
            self._fault("required", "An attachment has exactly one Content.", path)
        for resource, place in contents[:1]:
            self._content(resource, place, tuple(lines), code)

    def _content(self, resource: Json, path: str, lines: tuple[str, ...], code: Concept) -> None:
        kind = text(resource, "resourceType")
        if kind == "DocumentReference":
            rows = each(resource, "content")
            if not rows:
                self._fault("required", "The DocumentReference has no content.", f"{path}.content")
            for index, row in enumerate(rows):
                place = f"{path}.content[{index}].attachment"
                self._file(resource, child(row, "attachment"), place, lines, code)
        elif kind == "Binary":
            self._file(resource, resource, path, lines, code)
        elif kind in RESOURCES:
            type_ = concept(child(resource, "code")) or Concept()
            whole = plain(write_json(resource))
            self.documents.append(SentDocument(lines, code, type_, kind, "", FHIR_JSON, b"", whole, path))
        else:
            told = f"A resource of that type is not taken as an attachment; send {_TAKEN}."
            self._fault("not-supported", told, path)

    def _file(self, resource: Json, attachment: Json, path: str, lines: tuple[str, ...], code: Concept) -> None:
        media, data = media_type(text(attachment, "contentType")), attachment.get("data")
        if media not in MEDIA:
            named = "That type" if media else "A document without contentType"
            self._fault("not-supported", f"{named} is not taken; send one of: {', '.join(MEDIA)}.", path)
            return
        if not isinstance(data, str):
            self._fault("required", "Send the document itself in `data`; nothing is fetched from a url.", path)
            return
        found = decoded(data, media)
        if found.content is None:
            self._fault("value", found.fault, f"{path}.data")
            return
        self.issues.extend(_unlike(attachment, found.content.size, found.sha1, path))
        self.documents.append(
            SentDocument(
                lines=lines,
                code=code,
                type=concept(child(resource, "type")) or Concept(),
                kind=text(resource, "resourceType"),
                title=text(attachment, "title") or text(resource, "description"),
                media=media,
                about=write_json(_without_data(resource)),
                content=found.content,
                path=path,
            )
        )


def _value_faults(name: str, value: Any, path: str) -> Iterator[Issue]:
    kind = _VALUES[name]
    if kind == "valueIdentifier" and (not isinstance(value, dict) or identifier(value) is None):
        yield Issue("required", f"{name} needs a {kind} with a value.", path)
    elif kind == "valueBoolean" and not isinstance(value, bool):
        yield Issue("value", f"{name} is true or false, as {kind}.", path)
    elif kind == "valueDateTime" and not PRIMITIVES["dateTime"][0](value):
        yield Issue("value", f"{name} is written as {PRIMITIVES['dateTime'][1]}.", path)
    elif name == "AttachTo" and value != "preauthorization":
        told = "Attachments are taken for prior authorizations: AttachTo is the valueCode 'preauthorization'."
        yield Issue("not-supported" if value == "claim" else "code-invalid", told, path)


def _unlike(attachment: Json, size: int, digest: bytes, path: str) -> Iterator[Issue]:
    """What the sender says of the bytes, where it does not fit them: they are not the ones it meant to send."""
    said, hash_ = attachment.get("size"), text(attachment, "hash")
    if isinstance(said, int) and said != size:
        yield Issue("value", f"The document has {size} bytes, not {said}; it was cut or changed on the way.", path)
    if hash_ and _from_base64(hash_) != digest:
        yield Issue("value", "The document does not have the hash it says; it was changed on the way.", path)


def _from_base64(written: str) -> bytes | None:
    try:
        return base64.b64decode(written, validate=True)
    except ValueError:  # binascii.Error is one; characters beyond ASCII are another
        return None


def _without_data(resource: Json) -> Json:
    bare = {name: value for name, value in resource.items() if name != "data"}
    if "content" in bare:
        bare["content"] = [
            {**row, "attachment": {n: v for n, v in child(row, "attachment").items() if n != "data"}}
            for row in each(resource, "content")
        ]
    return bare
