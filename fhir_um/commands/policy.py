"""`fhir-um policy`: lists the policies, checks a folder of them, and explains what one says about a bundle.

Must not know how a policy is weighed: it asks the same functions as the server.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

from fhir_um.cases.asked import ClaimRequest
from fhir_um.cases.evidence import Condition, Evidence
from fhir_um.cases.reasons import Reason
from fhir_um.clock import now
from fhir_um.commands.explaining import tell_determination
from fhir_um.commands.seed import PEOPLE
from fhir_um.commands.typed import day
from fhir_um.coverage.load import People, PeopleFault, load_people
from fhir_um.coverage.model import Member, Plan
from fhir_um.errors import Refusal
from fhir_um.policy.book import PolicyBook
from fhir_um.policy.load import load_policies, shipped_policies
from fhir_um.policy.model import LineContext, PolicyFault
from fhir_um.policy.systems import same_code
from fhir_um.settings import Settings
from fhir_um.translate.claim_in import read_claim
from fhir_um.translate.facts_in import read_evidence
from profiles.reading import Limits, read_bundle

_STORIES = "fixtures/stories/prior-authorization"
_EPILOG = f"""examples:
  fhir-um policy list
  fhir-um policy explain --bundle {_STORIES}/01-submit-oxygen.request.json --received 2026-11-02
  fhir-um policy explain --policy home-oxygen --bundle request.json
  fhir-um policy check my-policies/"""


class CannotExplain(Exception):
    """The bundle or the people leave nothing to explain; the text says why."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `policy` and its three verbs to the command line."""
    parser = subparsers.add_parser(
        "policy",
        help="list, check and explain coverage policies",
        description="Lists the coverage policies, checks a folder of them, and explains what they say about a request.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    _add_explain(verbs)
    listing = verbs.add_parser(
        "list", help="name the policies this program ships", description="One policy a line: id, version, title."
    )
    listing.set_defaults(func=run_list)
    told = "Checks every policy file of a folder, runs the worked examples inside, and names the first fault."
    check = verbs.add_parser("check", help="check a folder of policies and run their examples", description=told)
    check.add_argument("directory", metavar="DIR", type=Path, help="a folder of policy files (*.yaml)")
    check.set_defaults(func=run_check)


def _add_explain(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    explain = verbs.add_parser(
        "explain",
        help="tell why a request is decided as it is",
        description="Tells, line by line, what software would do with a request and why: the policy with version and "
        "hash, each criterion met, unmet or unknown with its evidence, what is missing and what would be asked. "
        "Nothing is stored or sent. Eligibility and earlier requests are left out; the payer's records are those of "
        "--people.",
    )
    explain.add_argument("--bundle", metavar="FILE", type=Path, required=True, help="a PAS request Bundle")
    explain.add_argument("--policy", metavar="ID", help="ask this policy alone (default: all, as the server does)")
    explain.add_argument(
        "--received",
        metavar="DATE",
        type=day,
        help="the day it arrived, for the age of evidence (default: today)",
    )
    explain.add_argument(
        "--people", metavar="DIR", type=Path, default=PEOPLE, help="the payer's records (default: demo)"
    )
    explain.set_defaults(func=run_explain)


def run_list(_args: argparse.Namespace, _settings: Settings) -> int:
    """One line per policy: id, version, title."""
    for policy in shipped_policies().policies:
        print(f"{policy.id:32} {policy.version:8} {policy.title}")
    return 0


def run_check(args: argparse.Namespace, _settings: Settings) -> int:
    """0 when every policy of the folder is right, 1 with the first fault otherwise."""
    if not args.directory.is_dir():
        print(f"There is no folder {args.directory}.", file=sys.stderr)
        return 1
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
        book = shipped_policies()
        chosen = _only(book, args.policy) if args.policy else book
        request, evidence = _read(args.bundle, limits)
        received = args.received or now().date()
        for context in _contexts(request, evidence, load_people(args.people), received):
            print("\n".join(_explained(context, chosen, book)), end="\n\n")
    except Refusal as refusal:
        print(f"{args.bundle} cannot be read as a request:", file=sys.stderr)
        print("\n".join(": ".join(filter(None, (i.path, i.text))) for i in refusal.issues), file=sys.stderr)
        return 1
    except (CannotExplain, PeopleFault, OSError) as fault:
        print(fault, file=sys.stderr)
        return 1
    return 0


def _explained(context: LineContext, chosen: PolicyBook, book: PolicyBook) -> Iterator[str]:
    found = chosen.determine(context)
    finding = found.finding
    policy = next((p for p in chosen.policies if finding and p.content_hash == finding.policy_hash), None)
    diagnoses = tuple(
        Condition(f"{context.request.claim_url}#diagnosis-{d.sequence}", d.concept.codes, "", d.recorded)
        for d in context.request.diagnoses
    )
    evidence = replace(context.evidence, conditions=context.evidence.conditions + diagnoses)
    if chosen is book or found.reason != Reason.UNKNOWN_SERVICE:
        yield from tell_determination(context.line, found, policy, evidence)
        return
    codes = context.line.service.codes
    named = sorted({p.id for code in codes for p in book.by_code.get(same_code(code), ())})
    yield f"Line {context.line.sequence}: {'/'.join(code.code for code in codes)}"
    yield f"  {chosen.policies[0].id} does not speak about this service; {', '.join(named) or 'no policy'} does."


def _only(book: PolicyBook, policy_id: str) -> PolicyBook:
    versions = tuple(policy for policy in book.policies if policy.id == policy_id)
    if not versions:
        raise CannotExplain(f"There is no policy {policy_id}; see `fhir-um policy list`.")
    return PolicyBook.of(versions, ())


def _read(file: Path, limits: Limits) -> tuple[ClaimRequest, Evidence]:
    bundle = read_bundle(file.read_bytes(), limits)
    if not bundle.entries or bundle.entries[0].resource.get("resourceType") != "Claim":
        raise CannotExplain(f"{file} is no PAS request: its first entry is not a Claim.")
    return read_claim(bundle), read_evidence(bundle)


def _contexts(request: ClaimRequest, evidence: Evidence, people: People, received: date) -> Iterator[LineContext]:
    member = _member(request, people)
    payer = member.payer_id
    used = (usage for usage in people.history if usage.payer_id == payer and usage.member_id == member.id)
    history = tuple(usage.service for usage in used)
    providers = tuple(p for p in people.providers if p.payer_id == payer and p.npi in request.provider_npis)
    gold_cards = tuple(card for card in people.gold_cards if card.payer_id == payer)
    for line in request.lines:
        on = line.serviced.start or received
        plan = _plan(member, people, on)
        yield LineContext(line, request, member, plan, on, received, evidence, history, providers, gold_cards)


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
