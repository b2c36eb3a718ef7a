"""Documents in house words for the demo's people, and a chart that says what the test wants."""

from dataclasses import dataclass, replace
from decimal import Decimal
from hashlib import sha256
from itertools import count

from fhir_um.cases.asked import ClaimedDiagnosis
from fhir_um.cases.attachments import AttachmentsSent, Content, Received, SentDocument
from fhir_um.cases.deciders import Decider
from fhir_um.cases.evidence import Answer, Document, Evidence
from fhir_um.cases.model import Case
from fhir_um.cases.roles import Role
from fhir_um.deps import Deps
from fhir_um.usecases.attach_documents import attach_documents
from fhir_um.words import Code, Concept, Identifier, Quantity
from tests.builders import AT, NPI, line_request
from tests.fhir_um.usecases.asking import NORA, a_caller, ask, sent

LOINC = "http://loinc.org"
REPORT, NOTE = "11502-2", "34117-2"
NURSE = Decider("rn-1", Role.NURSE, human=True)
PHYSICIAN = Decider("dr-1", Role.PHYSICIAN, human=True, npi="1910200405")
COPD = ClaimedDiagnosis(1, Concept((Code("http://hl7.org/fhir/sid/icd-10-cm", "J44.9"),)), None, None)
_numbers = count(1)


@dataclass(frozen=True)
class StillChart:
    """Answers of a form when the resource is `spo2=N`, else a document of the type that it names."""

    body: bytes
    evidence: Evidence = Evidence()

    def attached(self, resource: bytes, address: str, member: Identifier) -> Evidence:
        name, _, value = resource.decode().partition("=")
        if name == "spo2":
            return Evidence(answers=(Answer(f"{address}#spo2", "", "spo2", Decimal(value), AT.date()),))
        return Evidence(documents=(Document(address, Concept((Code(LOINC, name),) if name else ()), "", AT.date()),))


def oxygen(*sequences: int):
    """A submission of home oxygen without its test, one line per sequence."""
    lines = [line_request(n, "E1390", quantity=Quantity(Decimal(1))) for n in sequences or (1,)]
    return sent(ask(*lines, diagnoses=(COPD,)))


def document(type: str = REPORT, *lines: str, content: bytes | None = None, **changes) -> SentDocument:
    """A file of that type, with bytes of its own; without a type it says nothing of itself."""
    body = content if content is not None else b"file %d" % next(_numbers)
    known = Concept((Code(LOINC, type),)) if type else Concept()
    made = SentDocument(
        lines=lines,
        code=Concept(),
        type=known,
        kind="DocumentReference",
        title="",
        media="application/pdf",
        about=type.encode() or b"=",
        content=Content(len(body), sha256(body).hexdigest(), lambda: (body[:3], body[3:])),
        path="Parameters.parameter[0]",
    )
    return replace(made, **changes)


def form(spo2: int) -> SentDocument:
    """An answered form; what it says stands in its own content."""
    body = b"spo2=%d" % spo2
    return document("", content=body, about=b"", kind="QuestionnaireResponse", media="application/fhir+json")


def call(tracking: str, *documents: SentDocument, final: bool = True, **changes) -> AttachmentsSent:
    made = AttachmentsSent(
        tracking=Identifier("", tracking),
        admin_reference=None,
        payer=None,
        organization=Identifier(NPI, "1910010010"),
        provider=None,
        member=NORA,
        service_date="",
        documents=documents,
        final=final,
    )
    return replace(made, **changes)


def attach(deps: Deps, sent_now: AttachmentsSent, client: str = "ehr-1") -> Received:
    return attach_documents(deps, a_caller(client), sent_now, "2.2.1", StillChart)


def tracking(case: Case, loinc: str = REPORT, line: int = 1) -> str:
    return f"{case.id}-{line}-{loinc}"
