"""A determination in lines a person reads: each criterion, whether it is met, and the evidence it rests on."""

from fhir_um.cases.model import CriterionResult, Determination, Finding, Truth

MARKS: dict[Truth, str] = {Truth.MET: "met    ", Truth.UNMET: "unmet  ", Truth.UNKNOWN: "unknown"}


def explain_lines(determination: Determination) -> list[str]:
    """The course, the reason and the sentence for the sender; then the policy and its criteria in the order written."""
    lines = [f"Course   {determination.course} ({determination.reason})", f"Says     {determination.text}"]
    if determination.finding:
        lines += _finding_lines(determination.finding)
    lines += [f"Asks for {d.loinc}  {d.label}" for d in determination.documents]
    if determination.specialty:
        lines.append(f"Queue    {determination.specialty}")
    return lines


def _finding_lines(finding: Finding) -> list[str]:
    version = f" {finding.policy_version}" if finding.policy_version else ""
    digest = f" (sha256 {finding.policy_hash[:12]})" if finding.policy_hash else ""
    lines = [f"Policy   {finding.policy_id}{version}{digest}: {finding.title}", f"Truth    {finding.truth}"]
    lines += [_criterion_line(c) for c in finding.criteria]
    if finding.missing:
        lines.append(f"Missing  {', '.join(finding.missing)}")
    return lines


def _criterion_line(criterion: CriterionResult) -> str:
    evidence = ", ".join(criterion.evidence) or "no evidence"
    return f"  {MARKS[criterion.truth]}  {criterion.id}: {criterion.label} [{evidence}]"
