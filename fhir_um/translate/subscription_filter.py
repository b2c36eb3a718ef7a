"""The topic of a Subscription and its filter, in every spelling that is in use. Must not know what is done with them.

Source: PAS 2.2.1 spec-58 (`org-identifier`), its topic (`orgIdentifier`), PAS 2.0.1 (`identifier`). Backport 1.1.0
writes a filter as a FHIR search, with or without the type of resource before it; some write it into the criteria.
"""

import re
from collections.abc import Iterator
from urllib.parse import unquote

from fhir_um.errors import Issue
from fhir_um.translate.elements_in import Json, child, each, text
from profiles.canonicals import EXT_FILTER_CRITERIA, PAS_TOPIC

_NAMES = frozenset({"org-identifier", "orgIdentifier", "identifier"})
_RESOURCES = frozenset({"ClaimResponse", "Claim", "Bundle"})
_OF_TOPIC = frozenset({PAS_TOPIC, "SubscriptionTopic/PASSubscriptionTopic", "PASSubscriptionTopic"})
_VERSIONS = frozenset({"2.2.1", "2.2.0", "2.1.0", "2.0.1"})
_COMMA = re.compile(r"(?<!\\),")
_ESCAPED = re.compile(r"\\([,|$\\])")
_MOST_VALUES = 200
_PATH = "Subscription.criteria"
_HOW = "Filter by org-identifier=ID, several with commas: org-identifier=1999999992,1888888883."


def topic_fault(resource: Json) -> Iterator[Issue]:
    """A fault when the topic is not the one of PAS."""
    topic, _, version = text(resource, "criteria").partition("?")[0].partition("|")
    if topic not in _OF_TOPIC or (version and version not in _VERSIONS):
        code = "not-supported" if "criteria" in resource else "required"
        yield Issue(code, f"The only topic here is {PAS_TOPIC}.", _PATH)


def filter_faults(resource: Json, takes_any: bool = False) -> Iterator[Issue]:
    """What cannot be filtered by. `takes_any`: filters by other names are passed over."""
    sets = set()
    for path, written in _filters(resource):
        for name, value in _terms(written):
            wanted = _values(value)
            if name not in _NAMES:
                if not takes_any:
                    yield Issue("not-supported", f"There is no such filter. {_HOW}", path)
            elif not all(wanted) or any(one.strip("|") != one for one in wanted) or len(wanted) > _MOST_VALUES:
                yield Issue("value", f"The filter has an empty value, or more than {_MOST_VALUES}. {_HOW}", path)
            else:
                sets.add(frozenset(wanted))
        if len(sets) > 1:
            what = "Two filters would both have to be met; give all values in one, with commas between."
            yield Issue("not-supported", what, path)


def organizations_of(resource: Json) -> tuple[str, ...]:
    """The organizations a filter without fault names, each once; none when there is no filter."""
    named = (
        one
        for _, written in _filters(resource)
        for name, value in _terms(written)
        if name in _NAMES
        for one in _values(value)
    )
    return tuple(dict.fromkeys(named))


def _filters(resource: Json) -> Iterator[tuple[str, str]]:
    """Every filter with its place: in the extensions of the criteria, and in the criteria themselves."""
    _, mark, written = text(resource, "criteria").partition("?")
    if mark:
        yield _PATH, written
    for index, extension in enumerate(each(child(resource, "_criteria"), "extension")):
        if text(extension, "url") == EXT_FILTER_CRITERIA:
            yield f"{_PATH}.extension[{index}].valueString", text(extension, "valueString")


def _terms(written: str) -> Iterator[tuple[str, str]]:
    kind, mark, query = written.strip().partition("?")
    terms = query if mark and kind in _RESOURCES else written.strip()
    for term in terms.split("&"):
        name, _, value = term.partition("=")
        yield name.strip(), value


def _values(written: str) -> list[str]:
    return [_ESCAPED.sub(r"\1", unquote(one).strip()) for one in _COMMA.split(written)]
