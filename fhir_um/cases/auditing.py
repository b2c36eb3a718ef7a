"""What the audit log says: who did what, when, from where, about whom, and how it ended. Must not know how it is kept.

No row holds health data: members and cases stand in it under our own ids. Source: um-domain SEC9, SEC10, SEC21.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from fhir_um.cases.caller import Caller
from fhir_um.cases.model import Case, CaseId, MemberId, PayerId
from fhir_um.cases.roles import ENGINE

_LONGEST_WORD = 200
_NOT_A_WORD = re.compile(r"[^\x20-\x7e]")
ANSWERED = "answered"


class Act(StrEnum):
    """What was done, as FHIR counts it. Source: FHIR R4 AuditEvent.action."""

    CREATE = "C"
    READ = "R"
    UPDATE = "U"
    DELETE = "D"
    EXECUTE = "E"


class Purpose(StrEnum):
    """Why health data is used. Source: HL7 v3 ActReason, PurposeOfUse."""

    AUTHORIZATION = "COVAUTH"
    OPERATIONS = "HOPERAT"
    ADMINISTRATION = "HSYSADMIN"
    EMERGENCY = "BTG"


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """Whom and what it was about. `member_id` is empty while nobody knows the member, `case_id` when no case is meant.

    `version` is the version of the case that was seen or made, 0 when no case is meant.
    """

    payer_id: PayerId
    member_id: MemberId
    case_id: CaseId = CaseId("")
    version: int = 0


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing that was done or refused.

    `action` is a method with the template of an address, or a constant name such as `sign-in`; `outcome` is `answered`
    or the kind of a refusal, `detail` a code of ours. `client_id` says which client acted, `person` who, in which
    `role`; `on_behalf_of` is the organisation. `remote` is the address of the caller, `body_hash` SHA-256 of what was
    sent, `emergency` the grant of a person who broke the glass.
    """

    at: datetime
    action: str
    act: Act
    outcome: str = ANSWERED
    status: int = 0
    payer_id: PayerId | None = None
    client_id: str = ""
    person: str = ""
    role: str = ""
    on_behalf_of: str = ""
    detail: str = ""
    request_id: str = ""
    remote: str = ""
    purpose: str = ""
    emergency: str = ""
    body_hash: str = ""
    subjects: tuple[Subject, ...] = ()


@dataclass(frozen=True, slots=True)
class AuditRow:
    """An entry in its place in the log; `hash` covers the entry, the place and the hash of the row before."""

    sequence: int
    entry: AuditEntry
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Anchor:
    """The end of the log at some moment: kept elsewhere, it shows whether the log was cut or written anew since."""

    sequence: int
    hash: str


@dataclass(frozen=True, slots=True)
class DayAnchor:
    """The anchor of one day (UTC), as it is kept beside the log."""

    day: date
    sequence: int
    hash: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AuditSearch:
    """Which rows are wanted: all that is given holds. `before` is the row after which, going back, the page begins."""

    since: datetime | None = None
    until: datetime | None = None
    client_id: str = ""
    person: str = ""
    case_id: str = ""
    member_id: str = ""
    action: str = ""
    outcome: str = ""
    request_id: str = ""
    before: int | None = None
    limit: int = 100


def engine_entry(
    at: datetime, action: str, act: Act, purpose: Purpose, case: Case | None = None, detail: str = ""
) -> AuditEntry:
    """What software did by itself, with a case or with none: no person did it, for no organisation."""
    return AuditEntry(
        at=at,
        action=action,
        act=act,
        payer_id=case.payer_id if case else None,
        client_id=ENGINE.id,
        role=ENGINE.role,
        detail=detail,
        purpose=purpose.value,
        subjects=(subject_of(case),) if case else (),
    )


def subject_of(case: Case) -> Subject:
    """The case at its version, and its member."""
    return Subject(case.payer_id, MemberId(case.member_id), case.id, case.version)


def payer_of(subjects: tuple[Subject, ...], caller: Caller | None) -> PayerId | None:
    """The one payer all of it is about; else the one payer the caller may speak to; else none."""
    about = {subject.payer_id for subject in subjects}
    if not about and caller is not None:
        about = set(caller.payer_ids)
    return about.pop() if len(about) == 1 else None


def as_word(text: str) -> str:
    """A text from outside as a row may hold it: one short line of plain characters.

    >>> as_word("curl\\n/8")
    'curl?/8'
    """
    return _NOT_A_WORD.sub("?", text[:_LONGEST_WORD])
