"""Compares `profiles.fhirpath` with the npm package `fhirpath` on every invariant of the official packages.

`python -m tools.fhirpath_oracle --packages FOLDER --core CORE.tgz`: each constraint is evaluated by both on nodes of
its type in the official examples and on damaged copies of them. What differs and is not explained in
`fhirpath_disagreements.csv` ends it with exit code 1. The npm package is installed into a temporary folder.
"""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import Any

from profiles.fhirpath.compiling import compile_expression
from profiles.fhirpath.environment import Element, Environment, EvaluationFault
from profiles.fhirpath.syntax import FhirPathFault
from profiles.fhirpath.types import KnownTypes
from tools.fhirpath_cases import Case, cases, constraints_of, read_packages
from tools.fhirpath_definitions import Constraint

PACKAGE = "fhirpath@4.11.0"
_TOOLS = Path(__file__).parent
_ROUNDS = 5
_UNEXPLAINED = "NOT EXPLAINED"


@dataclass(frozen=True, slots=True)
class Answer:
    """What an engine said: `true`, `false`, `empty`, `fault`, or another result as JSON."""

    verdict: str
    told: str = ""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A case the engines answer differently."""

    case: Case
    ours: Answer
    theirs: Answer


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when the engines agree but for what is explained, 1 otherwise."""
    options = _parser().parse_args(arguments)
    packages = [options.core, *sorted(options.packages.glob("*.tgz"))]
    _tell(f"reading {len(packages)} packages")
    definitions, examples = read_packages(packages)
    constraints = constraints_of(definitions)
    chosen = cases(constraints, definitions, examples, options.evaluations)
    _tell(
        f"{len(constraints)} constraints on {len({c.expression for c in constraints})} expressions; {len(chosen)} cases"
    )
    types = KnownTypes(definitions)
    ours, times = _our_answers(chosen, types)
    theirs = _their_answers(chosen)
    return _report(constraints, chosen, ours, theirs, times)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.fhirpath_oracle", description=__doc__)
    parser.add_argument("--packages", type=Path, required=True, help="folder of the official guide packages (.tgz)")
    parser.add_argument("--core", type=Path, required=True, help="the R4 core package (.tgz)")
    parser.add_argument("--evaluations", type=int, default=20_000, help="how many to compare (default: %(default)s)")
    return parser


def _tell(text: str) -> None:
    print(text, file=sys.stderr)


def _our_answers(chosen: list[Case], types: KnownTypes) -> tuple[list[Answer], list[float]]:
    compiled: dict[Constraint, Any] = {}
    answers, times = [], []
    for case in chosen:
        if case.constraint not in compiled:
            compiled[case.constraint] = _compiled(case.constraint, types)
        expression = compiled[case.constraint]
        if isinstance(expression, Answer):
            answers.append(expression)
            continue
        environment = Environment(resource=case.resource, root_resource=case.resource)
        answers.append(_our_answer(expression, case, environment))
        times.append(_microseconds(expression, case, environment))
    return answers, times


def _compiled(constraint: Constraint, types: KnownTypes) -> Any:
    try:
        return compile_expression(constraint.expression, constraint.type_path, types)
    except FhirPathFault as fault:
        return Answer("not compiled", str(fault))


def _our_answer(expression: Any, case: Case, environment: Environment) -> Answer:
    try:
        return _answer([_plain(item) for item in expression(case.node, environment)])
    except EvaluationFault as fault:
        return Answer("fault", str(fault))


def _plain(item: Any) -> Any:
    return item.value if isinstance(item, Element) else item


def _answer(items: list[Any]) -> Answer:
    if len(items) == 1 and isinstance(items[0], bool):
        return Answer("true" if items[0] else "false")
    return Answer("other", json.dumps(items, default=str, sort_keys=True)) if items else Answer("empty")


def _microseconds(expression: Any, case: Case, environment: Environment) -> float:
    best = float("inf")
    for _ in range(_ROUNDS):
        start = time.perf_counter_ns()
        _our_answer(expression, case, environment)
        best = min(best, time.perf_counter_ns() - start)
    return best / 1000


def _their_answers(chosen: list[Case]) -> list[Answer]:
    with tempfile.TemporaryDirectory() as folder:
        _tell(f"installing {PACKAGE}")
        subprocess.run(
            ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", PACKAGE],
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        script = Path(folder) / "fhirpath_oracle.js"
        script.write_text((_TOOLS / "fhirpath_oracle.js").read_text())
        _tell("asking the oracle")
        run = subprocess.run(
            ["node", str(script)], input="".join(_requests(chosen)), capture_output=True, text=True, check=True
        )
    return [_their_answer(json.loads(line)) for line in run.stdout.splitlines()]


def _requests(chosen: list[Case]) -> Iterator[str]:
    around: Any = None
    for case in chosen:
        if case.resource is not around:
            around = case.resource
            yield json.dumps({"resource": around}, default=float) + "\n"
        constraint = case.constraint
        base = None if constraint.on_resource else constraint.type_path
        request = {"expression": constraint.expression, "type": base, "node": case.node}
        yield json.dumps(request, default=float) + "\n"


def _their_answer(answer: dict[str, Any]) -> Answer:
    return Answer("fault", answer["fault"]) if "fault" in answer else _answer(answer["result"])


def _report(
    constraints: list[Constraint], chosen: list[Case], ours: list[Answer], theirs: list[Answer], times: list[float]
) -> int:
    compared = list(zip(chosen, ours, theirs, strict=True))
    differing = [Disagreement(*row) for row in compared if row[1].verdict != row[2].verdict]
    explanations = _explanations()
    reasons = [_reason(each, explanations) for each in differing]
    asked = {case.constraint.expression for case in chosen}
    print(f"{len(compared)} evaluations of {len(asked)} expressions")
    print(f"ours: {dict(Counter(answer.verdict for answer in ours))}")
    print(f"expressions never both true and false: {_one_sided(chosen, ours)}")
    print(f"expressions without any node: {len({each.expression for each in constraints} - asked)}")
    print(f"{median(times):.2f} us median, {mean(times):.2f} us mean per evaluation, error handling included")
    print(f"{len(differing)} disagreements, {reasons.count(_UNEXPLAINED)} of them unexplained")
    _print_groups(differing, reasons)
    return 1 if _UNEXPLAINED in reasons else 0


def _one_sided(chosen: list[Case], ours: list[Answer]) -> int:
    verdicts: dict[str, set[str]] = defaultdict(set)
    for case, answer in zip(chosen, ours, strict=True):
        verdicts[case.constraint.expression].add(answer.verdict)
    return sum(1 for seen in verdicts.values() if not {"true", "false"} <= seen)


def _print_groups(differing: list[Disagreement], reasons: list[str]) -> None:
    groups: dict[tuple[str, ...], list[Disagreement]] = defaultdict(list)
    for each, reason in zip(differing, reasons, strict=True):
        constraint = each.case.constraint
        groups[constraint.expression, constraint.key, each.ours.verdict, each.theirs.verdict, reason].append(each)
    for (expression, key, mine, yours, reason), members in sorted(groups.items()):
        first = members[0]
        print(f"\n{key}: {expression[:300]}\n  {len(members)} x ours {mine}, theirs {yours}: {reason}")
        print(f"  {first.ours.told[:150]} {first.theirs.told[:150]}")
        if reason == _UNEXPLAINED:
            print(f"  {first.case.constraint.type_path} {json.dumps(first.case.node, default=str)[:400]}")


def _explanations() -> list[dict[str, str]]:
    path = _TOOLS / "fhirpath_disagreements.csv"
    with path.open(newline="") as rows:
        return list(csv.DictReader(rows))


def _reason(each: Disagreement, explanations: list[dict[str, str]]) -> str:
    constraint, node = each.case.constraint, json.dumps(each.case.node, default=str)
    for row in explanations:
        same = (row["key"], row["ours"], row["theirs"]) == (constraint.key, each.ours.verdict, each.theirs.verdict)
        if same and row["in_expression"] in constraint.expression and row["in_node"] in node:
            return row["reason"]
    return _UNEXPLAINED


if __name__ == "__main__":
    sys.exit(main())
