"""Reads who is named in a submission: organizations, people, the member, the coverage.

Must not know what any of them is to the payer; that is looked up elsewhere, by identifier.
"""

from dataclasses import dataclass

from fhir_um.cases.asked import CareTeamMember, ClaimedCoverage, ClaimedMember, Party
from fhir_um.translate.elements_in import (
    Json,
    child,
    concept,
    day,
    each,
    extensions,
    first_code,
    flag,
    identifiers,
    period,
    text,
    whole,
)
from profiles.bundle import Resolver, absolute
from profiles.canonicals import EXT_CARE_TEAM_CLAIM_SCOPE
from profiles.reading import Entry

_NOBODY = Party()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reference stands: the entry it is written in, and the bundle it is resolved in."""

    entry: Entry
    resolver: Resolver[Entry]

    @property
    def resource(self) -> Json:
        """The resource of the entry."""
        return self.entry.resource

    def path(self, element: str = "") -> str:
        """The FHIRPath of the resource, or of an element of it, from the Bundle."""
        root = f"Bundle.entry[{self.entry.index}].resource"
        return f"{root}.{element}" if element else root

    def follow(self, reference: Json) -> "Place | None":
        """The place of the entry a reference points to, None when it points to none."""
        written = text(reference, "reference")
        if not written or written.startswith("#"):
            return None
        found = self.resolver.resolve(written, self.entry)
        return None if found is None else Place(found, self.resolver)

    def contained(self, reference: Json) -> Json:
        """The contained resource a `#id` reference points to, empty when it points to none."""
        wanted = text(reference, "reference").removeprefix("#")
        inside = each(self.resource, "contained")
        return next((r for r in inside if wanted and text(r, "id") == wanted), {})

    def target(self, reference: Json) -> Json:
        """The resource a reference points to, in the bundle or contained, empty when there is none."""
        place = self.follow(reference)
        return place.resource if place else self.contained(reference)

    def address(self, reference: Json) -> str:
        """The absolute address a reference names, whether or not it is in the bundle."""
        written = text(reference, "reference")
        return absolute(written, self.entry.full_url) if written and not written.startswith("#") else ""


def party(place: Place, element: str) -> Party:
    """The organization or person an element refers to (`insurer`); without an entry, its identifier and display."""
    return _party(place, child(place.resource, element), element)


def _party(place: Place, reference: Json, element: str) -> Party:
    if not reference:
        return _NOBODY
    found = place.follow(reference)
    resource = found.resource if found else place.contained(reference)
    return Party(
        full_url=found.entry.full_url if found else "",
        identifiers=identifiers(resource) or identifiers(reference),
        name=_name(resource) or text(reference, "display"),
        path=found.path() if found else place.path(element),
    )


def parties(place: Place, reference: Json, element: str) -> tuple[Party, ...]:
    """The party itself and, for a PractitionerRole, its practitioner and its organization."""
    named = _party(place, reference, element)
    role = place.follow(reference)
    if role is None:
        return () if named == _NOBODY else (named,)
    behind = (party(role, part) for part in ("practitioner", "organization"))
    return (named, *(p for p in behind if p != _NOBODY))


def _name(resource: Json) -> str:
    if isinstance(resource.get("name"), str):
        return text(resource, "name")
    name = _human_name(resource)
    return text(name, "text") or f"{_given(name)} {text(name, 'family')}".strip()


def _human_name(resource: Json) -> Json:
    names = each(resource, "name")
    official = (n for n in names if text(n, "use") == "official")
    return next(official, names[0] if names else {})


def _given(name: Json) -> str:
    given = name.get("given")
    return " ".join(g for g in given if isinstance(g, str)) if isinstance(given, list) else ""


def claimed_member(place: Place) -> ClaimedMember:
    """The patient of the claim, as the sender describes them."""
    reference = child(place.resource, "patient")
    found = place.follow(reference)
    patient = found.resource if found else place.contained(reference)
    name = _human_name(patient)
    return ClaimedMember(
        full_url=found.entry.full_url if found else "",
        identifiers=identifiers(patient) or identifiers(reference),
        family=text(name, "family"),
        given=_given(name),
        birth_date=day(text(patient, "birthDate")),
        gender=text(patient, "gender"),
        path=found.path() if found else place.path("patient"),
    )


def claimed_coverage(place: Place) -> ClaimedCoverage | None:
    """The focal insurance of the claim, else its first; None when it names none that came along."""
    insurances = each(place.resource, "insurance")
    focal = (i for i in insurances if flag(i, "focal"))
    chosen = next(focal, insurances[0] if insurances else {})
    found = place.follow(child(chosen, "coverage"))
    if found is None:
        return None
    coverage = found.resource
    payors = each(coverage, "payor")
    return ClaimedCoverage(
        full_url=found.entry.full_url,
        identifiers=identifiers(coverage),
        subscriber_id=text(coverage, "subscriberId"),
        status=text(coverage, "status"),
        period=period(child(coverage, "period")),
        payor=_party(found, payors[0] if payors else {}, "payor[0]"),
        path=found.path(),
    )


def care_team(place: Place) -> tuple[CareTeamMember, ...]:
    """Everybody on the care team, in order."""
    return tuple(_care_team_member(place, member, i) for i, member in enumerate(each(place.resource, "careTeam")))


def _care_team_member(place: Place, member: Json, index: int) -> CareTeamMember:
    scope = extensions(member).get(EXT_CARE_TEAM_CLAIM_SCOPE, {})
    return CareTeamMember(
        sequence=whole(member, "sequence"),
        parties=parties(place, child(member, "provider"), f"careTeam[{index}].provider"),
        whole_claim=flag(scope, "valueBoolean"),
        role=first_code(child(member, "role")),
        qualification=concept(child(member, "qualification")),
    )
