"""Notes in the audit log what an operator does at the command line. Must not know any command."""

import os
import pwd
from dataclasses import dataclass

from fhir_um.cases.auditing import Act, AuditEntry, Purpose, as_word, payer_of
from fhir_um.clock import Clock
from fhir_um.deps import Work

OPERATOR = "command-line"
"""The client that stands for this machine's command line."""


@dataclass(frozen=True, slots=True)
class CommandWitness:
    """Writes a row into every transaction of one command that changes or shows something: `command seed`.

    `on` is the id of the client or person that it changes.
    """

    clock: Clock
    action: str
    on: str = ""

    def sign(self, work: Work) -> None:
        """See `Witness.sign`."""
        if work.has_turn:
            work.audit.add(self._entry(work))

    def kept(self, work: Work) -> None:
        """See `Witness.kept`."""

    def _entry(self, work: Work) -> AuditEntry:
        return AuditEntry(
            at=self.clock(),
            action=self.action,
            act=Act.EXECUTE,
            payer_id=payer_of(work.about, None),
            client_id=OPERATOR,
            person=as_word(account()),
            role="operator",
            detail=as_word(self.on),
            purpose=(Purpose.OPERATIONS if work.about else Purpose.ADMINISTRATION).value,
            subjects=work.about,
        )


def account() -> str:
    """The account of this machine that runs the command, by name where it has one."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"
