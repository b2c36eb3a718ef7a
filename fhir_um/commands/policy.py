"""`fhir-um policy`: lists the policies, checks a folder of them, and explains what one says about a bundle.

Must not know how a policy is weighed: it asks the same functions as the server.
"""

import argparse
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from fhir_um.cases.asked import ClaimRequest, LineRequest
from fhir_um.cases.evidence import Evidence
from fhir_um.clock import now
from fhir_um.commands.seed import PEOPLE
from fhir_um.coverage.load import People, PeopleFault, load_people
from fhir_um.coverage.model import Member, Plan
from fhir_um.errors import Refusal
from fhir_um.policy.book import PolicyBook
from fhir_um.policy.explain import explain_lines
from fhir_um.policy.load import load_policies, shipped_policies
from fhir_um.policy.model import LineContext, PolicyFault
from fhir_um.settings import Settings
from profiles.reading import Limits, read_bundle

_EPILOG = """examples:
  fhir-um policy list
  fhir-um policy explain --policy home-oxygen --bundle request.json
  fhir-um policy check my-policies/"""


class CannotExplain(Exception):
    """The bundle or the people leave nothing to explain; the text says why."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `policy` and its three verbs to the command line."""
    parser = subparsers.add_parser(
        "policy",
        help="list, check and explain coverage policies",
        description=__doc__,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    explain = verbs.add_parser("explain", help="print why a policy decides a bundle's lines as it does")
    explain.add_argument("--policy", metavar="ID", required=True, help="the policy's id; see `fhir-um policy list`")
    explain.add_argument("--bundle", metavar="FILE", type=Path, required=True, help="a PAS request bundle")
    explain.add_argument(
        "--people", metavar="DIR", type=Path, default=PEOPLE, help="the payer's records (default: demo)"
    )
    explain.set_defaults(func=run_explain)
    listing = verbs.add_parser("list", help="name the policies this program ships")
    listing.set_defaults(func=run_list)
    check = verbs.add_parser("check", help="check a folder of policies and run their worked examples")
    check.add_argument("directory", metavar="DIR", type=Path, help="a folder of policy files")
    check.set_defaults(func=run_check)


def run_list(_args: argparse.Namespace, _settings: Settings) -> int:
    """One line per policy: id, version, title."""
    for policy in shipped_policies().policies:
        print(f"{policy.id:32} {policy.version:8} {policy.title}")
    return 0


def run_check(args: argparse.Namespace, _settings: Settings) -> int:
    """0 when every policy of the folder is right, 1 with the first fault otherwise."""
    try:
        book = load_policies(args.directory)
    except PolicyFault as fault:
        print(fault, file=sys.stderr)
        return 1
    print(f"{len(book.policies)} policies are right; their worked examples hold.")
    return 0


def run_explain(args: argparse.Namespace, settings: Settings) -> int:
    """0 when explained, 1 when the bundle, the policy or the member cannot be used."""
    limits = Limits(settings.max_body_bytes, settings.max_json_depth, settings.max_entries)
    try:
        book = _only(shipped_policies(), args.policy)
        request, evidence = _read(args.bundle, limits)
        contexts = _contexts(request, evidence, load_people(args.people), now().date())
        for context in contexts:
            print(f"Line {context.line.sequence}")
            print("\n".join(f"  {line}" for line in explain_lines(book.determine(context))))
    except Refusal as refusal:
        print("\n".join(f"{issue.path}: {issue.text}" for issue in refusal.issues), file=sys.stderr)
        return 1
    except (CannotExplain, PeopleFault, OSError) as fault:
        print(fault, file=sys.stderr)
        return 1
    return 0


def _only(book: PolicyBook, policy_id: str) -> PolicyBook:
    versions = tuple(policy for policy in book.policies if policy.id == policy_id)
    if not versions:
        raise CannotExplain(f"There is no policy {policy_id}; see `fhir-um policy list`.")
    return PolicyBook.of(versions, ())


def _read(file: Path, limits: Limits) -> tuple[ClaimRequest, Evidence]:
    from fhir_um.translate.claim_in import read_claim
    from fhir_um.translate.facts_in import read_evidence

    bundle = read_bundle(file.read_bytes(), limits)
    return read_claim(bundle), read_evidence(bundle)


def _contexts(request: ClaimRequest, evidence: Evidence, people: People, today: date) -> Iterator[LineContext]:
    member = _member(request, people)
    for line in request.lines:
        on = line.serviced.start or today
        plan = _plan(member, people, on)
        yield _context(request, evidence, people, line, member, plan, on, today)


def _context(
    request: ClaimRequest,
    evidence: Evidence,
    people: People,
    line: LineRequest,
    member: Member,
    plan: Plan,
    on: date,
    today: date,
) -> LineContext:
    payer = member.payer_id
    used = (usage for usage in people.history if usage.payer_id == payer and usage.member_id == member.id)
    return LineContext(
        line=line,
        request=request,
        member=member,
        plan=plan,
        on=on,
        received=today,
        evidence=evidence,
        history=tuple(usage.service for usage in used),
        providers=tuple(p for p in people.providers if p.payer_id == payer and p.npi in request.provider_npis),
        gold_cards=tuple(card for card in people.gold_cards if card.payer_id == payer),
    )


def _member(request: ClaimRequest, people: People) -> Member:
    values = {identifier.value for identifier in request.member.identifiers}
    if request.coverage:
        values |= {request.coverage.subscriber_id, *(i.value for i in request.coverage.identifiers)}
    for member in people.members:
        if values & {identifier.value for identifier in member.identifiers}:
            return member
    raise CannotExplain("The bundle's member is not among the people; name their folder with --people.")


def _plan(member: Member, people: People, on: date) -> Plan:
    plan_id = member.plan_on(on)
    for plan in people.plans:
        if plan.id == plan_id and plan.payer_id == member.payer_id:
            return plan
    raise CannotExplain(f"The member has no coverage on {on}.")
