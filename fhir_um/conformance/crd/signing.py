"""Checks of who is let in: tokens signed well, badly, for elsewhere, too late, or twice.

Source: CDS Hooks 3.0.0-ballot (trusting CDS clients); RFC 7519.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from fhir_um.conformance.crd.discovery import unsigned
from fhir_um.conformance.crd.making import answer_check, together, whole_check
from fhir_um.conformance.crd.marks import ANY_BAD_TOKEN, BAD_TOKEN, GOOD_TOKEN
from fhir_um.conformance.crd.transport import status_in
from fhir_um.conformance.model import Check, Exchange, Fault, Session, Strength
from fhir_um.conformance.tester import HookAuth, Tester

UNAUTHORIZED = 401
_REFUSED = 4
"""The first digit of a refusal; one of the server's own faults is none."""
GOOD = (
    ("ES384", "A token signed with ES384 is accepted", "crd-check:20"),
    ("RS384", "A token signed with RS384 is accepted", "crd-check:21"),
    ("audience-list", "A token whose `aud` is a list with the address is accepted", "crd-check:25"),
)
"""What is right about a token -> the check that it is accepted."""
BAD = (
    ("none", "A token that nobody signed (`alg` none) is refused", Strength.SHALL, "crd-check:23"),
    ("HS256", "A token whose `alg` is a shared secret's is refused", Strength.SHALL, "crd-check:23"),
    ("signature", "A token whose signature does not fit is refused", Strength.SHALL, "crd-check:22"),
    ("audience", "A token for another address is refused", Strength.SHALL, "crd-check:25"),
    ("expired", "A token that is no longer in force is refused", Strength.SHALL, "crd-check:26"),
    ("future", "A token issued in the future is refused", Strength.SHOULD, "crd-check:26"),
    ("no-jti", "A token without `jti` is refused", Strength.SHALL, "crd-check:26"),
    ("replayed", "A token that was used before is refused", Strength.EXPECTED, "crd-check:27"),
    ("unknown-key", "A token signed with a key that is not published is refused", Strength.SHALL, "crd-check:28"),
    ("issuer", "A token of an unknown issuer is refused", Strength.EXPECTED, "crd-check:24"),
    ("malformed", "What is no token is refused", Strength.SHALL, "crd-check:22"),
    ("missing", "A call without a token is refused", Strength.EXPECTED, "crd-check:22"),
)
"""What is wrong with a token -> the check that it is refused."""
_CHANGING = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|\d+")


def _reasons(session: Session) -> Iterator[Fault] | None:
    refused = [each for each in session.marked(ANY_BAD_TOKEN) if each.status == UNAUTHORIZED]
    if len(refused) < 2:
        return None
    told = {_unchanging(each): each for each in refused}
    return _told_apart(list(told.values())) if len(told) > 1 else iter(())


def _checked(session: Session) -> Iterator[Fault] | None:
    bad = session.marked(ANY_BAD_TOKEN)
    if not bad:
        return None
    return _none_refused(bad)


def _none_refused(bad: Sequence[Exchange]) -> Iterator[Fault]:
    if len(bad) > 1 and not any(each.status // 100 == _REFUSED for each in bad):
        yield Fault("Not one of the bad tokens was refused: tokens are not looked at.")


def _told_apart(different: list[Exchange]) -> Iterator[Fault]:
    named = ", ".join(each.key for each in different)
    yield Fault(f"The refusals differ in what they say, so they tell what was wrong with the token: {named}.")


def _unchanging(exchange: Exchange) -> tuple[str, str]:
    """What a refusal says, without ids and times."""
    body = exchange.body.decode("utf-8", "replace")
    return _CHANGING.sub("", body), _CHANGING.sub("", exchange.headers.get("www-authenticate", ""))


def _unregistered(tester: Tester) -> str:
    is_registered = tester.authentication.hooks.kind is HookAuth.JWT
    return "" if is_registered else "the profile names no key that is registered, so calls may be free to anybody"


def _concerning(check: Check) -> Check:
    """The check, left out where calls are not signed, or, for a call without token, where none need be."""
    return replace(check, omitted=_unregistered if check.id.endswith("-missing") else unsigned)


def checks() -> tuple[Check, ...]:
    """The checks of tokens."""
    good = tuple(
        answer_check(
            f"crd.signing.accepts-{name}",
            title,
            status_in(200),
            Strength.SHOULD,
            (line, "hooks:jwt"),
            rests_on=("crd.transport.no-redirect",),
            marks=(f"{GOOD_TOKEN}{name}",),
            of=lambda _: True,
        )
        for name, title, line in GOOD
    )
    checked = whole_check(
        "crd.signing.checked",
        "Tokens are looked at",
        _checked,
        requirements=("crd-check:22", "hooks:jwt"),
        marks=(ANY_BAD_TOKEN,),
    )
    bad = tuple(
        Check(
            f"crd.signing.refuses-{name}",
            title,
            strength,
            together(status_in(UNAUTHORIZED), (f"{BAD_TOKEN}{name}",)),
            (line, "hooks:jwt"),
            rests_on=(checked.id,),
        )
        for name, title, strength, line in BAD
    )
    told = whole_check(
        "crd.signing.no-reason",
        "Every refusal of a token says the same, and so no reason",
        _reasons,
        Strength.SHOULD,
        ("crd-check:22", "hooks:jwt"),
        rests_on=(checked.id, *(check.id for check in bad)),
        marks=(ANY_BAD_TOKEN,),
    )
    return tuple(map(_concerning, (*good, checked, *bad, told)))
