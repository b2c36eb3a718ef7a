"""All policies of the house, filed by code: the one thing a use case asks. Must not know files, FHIR or SQL."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from fhir_um.cases.asked import LineRequest
from fhir_um.cases.model import Determination
from fhir_um.coverage.model import Plan
from fhir_um.policy import findings
from fhir_um.policy.advising import advice_of
from fhir_um.policy.determine import STRICTNESS, asked_line, by_benefit, by_policy
from fhir_um.policy.model import AskedLine, FreeService, LineContext, Moment, PaListRow, Policy, PolicyAdvice, Sought
from fhir_um.policy.systems import codes_between, same_code
from fhir_um.words import Code


@dataclass(frozen=True, slots=True)
class PolicyBook:
    """Every policy version and the services that need no authorization, indexed by code."""

    policies: tuple[Policy, ...]
    by_code: dict[Code, tuple[Policy, ...]]
    free: dict[Code, FreeService]

    @classmethod
    def of(cls, policies: tuple[Policy, ...], free: tuple[FreeService, ...]) -> "PolicyBook":
        """A book with its index."""
        by_code: dict[Code, tuple[Policy, ...]] = {}
        for policy in policies:
            for trigger in policy.triggers:
                by_code[trigger.code] = (*by_code.get(trigger.code, ()), policy)
        return cls(policies, by_code, {row.trigger.code: row for row in free})

    def policy(self, policy_id: str) -> Policy | None:
        """The newest version of that policy, or None."""
        versions = [p for p in self.policies if p.id == policy_id]
        return max(versions, key=lambda p: tuple(map(int, p.version.split(".")))) if versions else None

    def determine(self, context: LineContext) -> Determination:
        """What software may do with the line: approve, ask, hand over, or apply an explicit benefit exclusion."""
        codes, complete = self._codes_of(context.line)
        asked = asked_line(context, codes)
        benefit = by_benefit(asked)
        if benefit is not None:
            return benefit
        if not complete:
            return findings.unknown_service(context.line)
        answers = self._answers(asked)
        return max(answers, key=lambda d: STRICTNESS[d.course]) if answers else self._free_service(codes)

    def advice(
        self, context: LineContext, determination: Determination, moment: Moment | None = None
    ) -> tuple[PolicyAdvice, ...]:
        """What the policies in force for the line say beyond its determination; at that moment, or at any.

        Nothing is proposed that the line asks for already or that the plan excludes.
        """
        codes, _ = self._codes_of(context.line)
        asked = asked_line(context, codes)
        out_of_question = codes | frozenset(map(same_code, context.plan.excluded))
        return tuple(
            row
            for policy in sorted(self._in_force(codes, context), key=lambda p: p.id)
            for row in advice_of(policy, asked, determination)
            if (moment is None or moment in row.moments) and not (row.proposed and row.proposed.code in out_of_question)
        )

    def needs_history(self, line: LineRequest, plan: Plan) -> bool:
        """True when the payer's records of earlier use can matter for this line."""
        codes, _ = self._codes_of(line)
        limited = any(same_code(c) in codes for limit in plan.limits for c in limit.codes)
        return limited or any(p.needs_history and _for_plan(p, plan) for p in self._named(codes))

    def sought(self, line: LineRequest) -> frozenset[Sought]:
        """What of the chart the policies that name the line would look at."""
        codes, _ = self._codes_of(line)
        facts = (fact for policy in self._named(codes) for fact in policy.facts.values())
        return frozenset(fact.sought for fact in facts if fact.sought)

    def version(self, policy_id: str, version: str) -> Policy | None:
        """That version of the policy, or None."""
        return next((p for p in self.policies if (p.id, p.version) == (policy_id, version)), None)

    def names(self, code: Code) -> bool:
        """True when a policy, or the list of free services, names the code."""
        return self._knows(same_code(code))

    def pa_list(self, plan: Plan | None) -> tuple[PaListRow, ...]:
        """The public list of codes that need authorization, for one plan or for all."""
        rows = [
            PaListRow(
                t.code.system, t.code.code, t.label, p.id, p.title, outcome_words(p), tuple(sorted(p.lines_of_business))
            )
            for p in self.policies
            if plan is None or _for_plan(p, plan)
            for t in p.triggers
        ]
        return tuple(sorted(rows, key=lambda r: (r.system, r.code, r.policy_id)))

    def _answers(self, asked: AskedLine) -> list[Determination]:
        """What each policy says, and a person's turn for a code that has policies of which none is in force."""
        context = asked.context
        in_force: dict[str, Policy] = {}
        answers: list[Determination] = []
        for named in filter(None, (self.by_code.get(code) for code in asked.codes)):
            applying = {p.id: p for p in named if _applies(p, context)}
            in_force |= applying
            if not applying:
                answers.append(findings.no_rule_in_force(context.line, context.on))
        return answers + [by_policy(asked, policy) for policy in in_force.values()]

    def _in_force(self, codes: frozenset[Code], context: LineContext) -> tuple[Policy, ...]:
        return tuple(policy for policy in self._named(codes) if _applies(policy, context))

    def _free_service(self, codes: frozenset[Code]) -> Determination:
        return findings.free_service(next(self.free[c] for c in sorted(codes, key=lambda c: c.code) if c in self.free))

    def _named(self, codes: frozenset[Code]) -> tuple[Policy, ...]:
        return tuple({p.id + p.version: p for code in codes for p in self.by_code.get(code, ())}.values())

    def _codes_of(self, line: LineRequest) -> tuple[frozenset[Code], bool]:
        """The codes a line names as the book files them, and whether that is all of what it asks.

        Several codings are translations of one service: those the book does not know are left out when it knows
        another. A range stands for every known code in it, and both of its ends must be known.
        """
        stated = frozenset(map(same_code, line.service.codes))
        known = frozenset(filter(self._knows, stated))
        if line.service_end is None:
            return known or stated, bool(known)
        ends = frozenset(c for c in map(same_code, line.service_end.codes) if self._knows(c))
        between = frozenset(c for start in known for end in ends for c in self._between(start, end))
        return between or stated, bool(between)

    def _between(self, start: Code, end: Code) -> tuple[Code, ...]:
        if start.system != end.system:
            return ()
        try:
            codes = codes_between(start.code, end.code)
        except ValueError:
            return ()
        return tuple(c for c in (Code(start.system, code) for code in codes) if self._knows(c))

    def _knows(self, code: Code) -> bool:
        return code in self.by_code or code in self.free


def _for_plan(policy: Policy, plan: Plan) -> bool:
    in_business = plan.line_of_business in policy.lines_of_business
    return in_business and any(fnmatchcase(plan.id, pattern) for pattern in policy.plans)


def _applies(policy: Policy, context: LineContext) -> bool:
    if not policy.effective.covers(context.on) or not _for_plan(policy, context.plan):
        return False
    if not policy.modifiers:
        return True
    return any(c.code in policy.modifiers for modifier in context.line.modifiers for c in modifier.codes)


def outcome_words(policy: Policy) -> str:
    """What the public list says of a policy, in words."""
    limits = policy.limits
    if policy.never_covered:
        return "not covered"
    if policy.free:
        return f"after {policy.free.units:f} units in {policy.free.window_days} days"
    if policy.required:
        return "authorization required"
    if limits.max_units is None:
        return "no authorization required"
    return f"above {limits.max_units:f} units" + (f" in {limits.per_days} days" if limits.per_days else "")
