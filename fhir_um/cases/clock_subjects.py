"""What a line is about, as far as rules of time ask: a drug, somebody in hospital. Must not know the rules.

What cannot be seen in the request is not claimed. A request that comes here asks for authorization beforehand, so
every line is subject to it.
"""

from fhir_um.cases.asked import LineRequest
from fhir_um.cases.clock_rules import AUTHORIZED_FIRST
from fhir_um.cases.drugs import DrugCodes
from fhir_um.words import Concept

_PLACE_OF_SERVICE = "https://www.cms.gov/Medicare/Coding/place-of-service-codes/Place_of_Service_Code_Set"
_INPATIENT_PLACES = frozenset({"21", "51", "61"})
_REHABILITATION = "61"
_PLAIN = frozenset({AUTHORIZED_FIRST})


def subjects_of(line: LineRequest, drugs: DrugCodes) -> frozenset[str]:
    """The subjects of a line. A drug under the medical benefit is one that Medicare covers in Part B.

    Source: the table of drug codes; CMS place of service (21 and 51 inpatient, 61 inpatient rehabilitation).
    """
    found = set(_PLAIN)
    if drugs.is_drug(line.service.codes):
        found |= {"drug", "part-b-drug"}
    places = _places(line.location)
    if places & _INPATIENT_PLACES:
        found.add("hospitalized")
    if _REHABILITATION in places:
        found.add("inpatient-rehabilitation")
    return frozenset(found) if len(found) > 1 else _PLAIN


def _places(location: Concept | None) -> set[str]:
    return {code.code for code in location.codes if code.system == _PLACE_OF_SERVICE} if location else set()
