"""Known defects of the guides, as tables: what is not held against a sender, what was meant instead, and why.

A row names exactly what was published, so that it means nothing once a guide is corrected. Knows no message.
"""

from collections.abc import Iterable
from dataclasses import dataclass

_CORE = "http://hl7.org/fhir/StructureDefinition/"
_US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/"
_CRD = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/"
_PULSE_OXIMETRY = f"{_US_CORE}us-core-pulse-oximetry|"
_FORMAT = "urn:hl7-org:sdwg:ccda-structuredBody:2.1"


@dataclass(frozen=True, slots=True)
class Suppression:
    """A finding nobody should act on. `left` is the severity it keeps; without one it is dropped.

    `rule` is the key of the rule, `profile` how the canonical (`url|version`) of the definition that has it begins,
    `about` the codes (`system#code`) or types meant; none means everything.
    """

    rule: str
    profile: str
    reason: str
    about: tuple[str, ...] = ()
    left: str = ""


@dataclass(frozen=True, slots=True)
class Amendment:
    """An invariant that does not say what its guide means: the expression as published, and as meant."""

    published: str
    meant: str
    reason: str


class KnownDefects:
    """The tables, made ready to be asked."""

    def __init__(self, suppressions: Iterable[Suppression], amendments: Iterable[Amendment]) -> None:
        self._meant = {row.published: row.meant for row in amendments}
        self._rows: dict[str, list[Suppression]] = {}
        for row in suppressions:
            self._rows.setdefault(row.rule, []).append(row)

    def left_of(self, rule: str, profile: str, about: str, severity: str) -> str:
        """The severity a finding keeps; empty when nothing of it is left.

        >>> rows = [Suppression("dom-6", "urn:a|", "A reason.")]
        >>> KnownDefects(rows, []).left_of("dom-6", "urn:a|1", "", "warning")
        ''
        """
        for row in self._rows.get(rule, ()):
            if profile.startswith(row.profile) and (not row.about or about in row.about):
                return row.left
        return severity

    def meant(self, expression: str) -> str:
        """The expression to hold a message against."""
        return self._meant.get(expression, expression)


SUPPRESSIONS = (
    Suppression(
        "dom-6",
        f"{_CORE}DomainResource|",
        "FHIR itself marks it as a best practice, for people who read single resources. In messages between machines "
        "it would be told of nearly every resource and bury what matters.",
    ),
    Suppression(
        "extensible",
        f"{_CORE}Identifier|",
        "PAS and US Core ask for exactly these codes, of a member and of a payer; R4's list of identifier types has "
        "neither.",
        (
            "http://terminology.hl7.org/CodeSystem/v2-0203#MB",
            "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBIdentifierType#payerid",
        ),
    ),
    Suppression(
        "required",
        f"{_CORE}CapabilityStatement|",
        "R4 binds the formats of a server to media types alone, and allows these three words for them in its own text "
        "on the element; the statements of PAS use them.",
        ("#json", "#xml", "#ttl"),
    ),
    Suppression(
        "extensible",
        f"{_CORE}Condition|",
        "US Core made these categories and asks for them; R4's list of condition categories is older.",
        (
            "http://hl7.org/fhir/us/core/CodeSystem/condition-category#health-concern",
            "http://hl7.org/fhir/us/core/CodeSystem/us-core-category#sdoh",
        ),
    ),
    Suppression(
        "extensible",
        f"{_US_CORE}us-core-documentreference|",
        "The format of C-CDA 2.1 documents, which US Core is about; R4's list of formats is older, and the code system "
        "has been moved to another URL since.",
        (
            f"http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode#{_FORMAT}",
            f"urn:oid:1.3.6.1.4.1.19376.1.2.3#{_FORMAT}",
        ),
    ),
    Suppression(
        "required",
        _PULSE_OXIMETRY,
        "The profile fixes the unit of its flow rate to L/min and binds the same place to R4's list of units for vital "
        "signs, which lacks it: no message could meet both. US Core 6.1.0 turned the binding into an extensible one.",
        ("http://unitsofmeasure.org#L/min",),
    ),
    Suppression(
        "extensible",
        _PULSE_OXIMETRY,
        "As above, in the versions where the binding is extensible.",
        ("http://unitsofmeasure.org#L/min",),
    ),
    Suppression(
        "extensible",
        _US_CORE,
        "US Core 3.1.1 fixes these codes in its own vital signs; R4's list of vital signs lacks them.",
        (
            "http://loinc.org#3150-0",
            "http://loinc.org#3151-8",
            "http://loinc.org#59576-9",
            "http://loinc.org#77606-2",
            "http://loinc.org#8289-1",
        ),
    ),
    Suppression(
        "context",
        f"{_CRD}ext-coverage-information|2.0.1",
        "CRD 2.0.1 puts the extension into its profiles of these two types and forgets them in the extension's own "
        "list of places; CRD 2.2.0 names them.",
        ("Appointment", "VisionPrescription"),
    ),
)

AMENDMENTS = (
    Amendment(
        "telecom or endpoint",
        "telecom.exists() or endpoint.exists()",
        "By the letter two endpoints are no boolean and break the rule. Official validators take them as true, and "
        "US Core 7.0.0 writes it so.",
    ),
    Amendment(
        "name.matches('[A-Z]([A-Za-z0-9_]){0,254}')",
        "name.exists() implies name.matches('[A-Z]([A-Za-z0-9_]){0,254}')",
        "R4 says what a name should look like, not that there should be one; R5 says so. Official validators do not "
        "tell of an absent name.",
    ),
    Amendment(
        "start.hasValue().not() or end.hasValue().not() or (start <= end)",
        "start.hasValue().not() or end.hasValue().not() or (start <= end).empty() or (start <= end)",
        "By the letter a period from 2026-01 to 2026 breaks the rule, because the two cannot be compared. R5 says what "
        "was meant.",
    ),
    Amendment(
        "extension.where(url = 'pa-needed' and (value = 'satisfied' or value = 'noauth' or value = 'not-covered')) and "
        "extension.where(url = 'doc-purpose').exists() implies "
        "extension.where(url = 'doc-purpose').all(value != 'withpa')",
        "(extension.where(url = 'pa-needed' and (value = 'satisfied' or value = 'no-auth')).exists() or "
        "extension.where(url = 'covered' and value = 'not-covered').exists()) implies "
        "extension.where(url = 'doc-purpose').all(value != 'withpa')",
        "By the letter documentation for an authorization that is needed breaks crd-ci-q4, which its text allows: "
        "an exists() is missing, and two codes are written as they never occur.",
    ),
)

KNOWN_DEFECTS = KnownDefects(SUPPRESSIONS, AMENDMENTS)
