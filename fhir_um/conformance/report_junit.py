"""A run as JUnit XML, for CI: a suite for each suite, a case for each check. Must not send or judge.

The form is that of the schema of the Jenkins xUnit plugin, which other readers take as well.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from fhir_um.conformance.model import Outcome, Verdict
from fhir_um.conformance.running import Run, SuiteRun, missed

_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_junit(run: Run, path: Path) -> None:
    """Writes that file."""
    root = as_xml(run)
    ElementTree.indent(root)
    ElementTree.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def as_xml(run: Run) -> ElementTree.Element:
    """The run as an element `testsuites`."""
    root = ElementTree.Element("testsuites", name="fhir-um conformance", time=f"{run.seconds:.3f}")
    for suite in run.suites:
        root.append(_suite(suite, run))
    counted = ("tests", "failures", "errors", "skipped")
    for name in counted[:3]:
        root.set(name, str(sum(int(each.get(name, "0")) for each in root)))
    return root


def _suite(suite: SuiteRun, run: Run) -> ElementTree.Element:
    made = ElementTree.Element(
        "testsuite",
        name=suite.suite.name,
        tests=str(len(suite.outcomes)),
        failures=str(sum(missed(outcome) for outcome in suite.outcomes)),
        errors="0",
        skipped=str(sum(_is_skipped(outcome) for outcome in suite.outcomes)),
        time=f"{suite.seconds:.3f}",
        timestamp=run.at.strftime("%Y-%m-%dT%H:%M:%S"),
    )
    properties = ElementTree.SubElement(made, "properties")
    for name, value in (("server", run.tester.server), ("version", suite.suite.version)):
        ElementTree.SubElement(properties, "property", name=name, value=_clean(value))
    made.extend(_case(outcome, suite) for outcome in suite.outcomes)
    return made


def _is_skipped(outcome: Outcome) -> bool:
    return outcome.verdict in {Verdict.SKIPPED, Verdict.OMITTED} and not missed(outcome)


def _case(outcome: Outcome, suite: SuiteRun) -> ElementTree.Element:
    check = outcome.check
    case = ElementTree.Element(
        "testcase", name=_clean(f"{check.id}: {check.title}"), classname=suite.suite.name, time="0"
    )
    told = "\n".join(_told(outcome))
    if missed(outcome):
        failure = ElementTree.SubElement(case, "failure", type=outcome.verdict.value, message=_clean(_first(outcome)))
        failure.text = _clean(told)
    elif _is_skipped(outcome):
        ElementTree.SubElement(case, "skipped", message=_clean(outcome.why))
    elif outcome.verdict is Verdict.WARNED:
        ElementTree.SubElement(case, "system-out").text = _clean(f"a warning, not a failure\n{told}")
    return case


def _first(outcome: Outcome) -> str:
    return outcome.found[0].faults[0].text if outcome.found else outcome.why


def _told(outcome: Outcome) -> Iterator[str]:
    check = outcome.check
    yield f"{check.strength}: {', '.join((*check.requirements, *check.public)) or 'no guide says it'}"
    if outcome.why:
        yield outcome.why
    for found in outcome.found:
        for fault in found.faults:
            yield f"{found.key or 'together'}{f' at {fault.path}' if fault.path else ''}: {fault.text}"


def _clean(text: str) -> str:
    """Without the characters that XML has no way to write."""
    return _NOT_IN_XML.sub("\ufffd", text)
