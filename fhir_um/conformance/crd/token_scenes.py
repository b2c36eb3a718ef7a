"""Calls with tokens, good and bad. Must not judge, or know how tokens are signed."""

from dataclasses import dataclass
from datetime import timedelta

from fhir_um import clock
from fhir_um.conformance.crd import marks as own
from fhir_um.conformance.crd.calls import another, call_of, written
from fhir_um.conformance.crd.scenes import JSON, USUAL, counter
from fhir_um.conformance.model import Exchange, Json
from fhir_um.conformance.stage import BrokenOff, Scene, Stage
from fhir_um.conformance.tester import HookAuth

_GOOD: tuple[tuple[str, dict[str, object]], ...] = (("ES384", {"alg": "ES384"}), ("RS384", {"alg": "RS384"}))
_BAD: tuple[tuple[str, dict[str, object]], ...] = (
    ("none", {"alg": "none"}),
    ("HS256", {"alg": "HS256"}),
    ("signature", {"signature": "spoiled"}),
    ("audience", {"aud": "https://elsewhere.example.test/cds-services/order-sign"}),
    ("no-jti", {"jti": None}),
    ("unknown-key", {"signature": "other", "kid": "a-key-nobody-published"}),
    ("issuer", {"iss": "https://nobody.example.test", "jku": "https://nobody.example.test/jwks.json"}),
)


@dataclass(frozen=True, slots=True)
class _Caller:
    """Makes one and the same call, as a call of its own each time."""

    stage: Stage
    url: str
    call: Json

    def __call__(self, step: str, token: str, *told: str) -> Exchange:
        headers = {"Content-Type": JSON, "Accept": JSON, "Authorization": token}
        return self.stage.send(step, "POST", self.url, written(another(self.call, step)), headers, told)


def tokens(stage: Stage) -> None:
    """The usual call with tokens of every kind; discovery with a good one."""
    if stage.tester.authentication.hooks.kind is HookAuth.NONE:
        return
    caller = _Caller(stage, counter(stage).url("order-sign"), call_of(stage, *USUAL))
    token = stage.signed(stage.hooks)
    stage.send("with-token", "GET", stage.hooks, headers={"Authorization": token}, marks=(own.WITH_TOKEN,))
    for name, changes in _GOOD:
        _good(caller, name, changes)
    _good(caller, "audience-list", {"aud": [caller.url]})
    _bad(caller)


def _good(caller: _Caller, name: str, changes: dict[str, object]) -> None:
    """A key that signs otherwise is no fault of the server."""
    try:
        token = caller.stage.signed(caller.url, **changes)
    except BrokenOff:
        return
    caller(f"good-{name}", token, own.GOOD_TOKEN + name)


def _bad(caller: _Caller) -> None:
    at, hour = clock.now(), timedelta(hours=1)
    times: tuple[tuple[str, dict[str, object]], ...] = (
        ("expired", {"iat": at - 2 * hour, "exp": at - hour}),
        ("future", {"iat": at + hour, "exp": at + hour + timedelta(minutes=4)}),
    )
    for name, changes in (*_BAD, *times):
        _refused(caller, name, caller.stage.signed(caller.url, **changes))
    _refused(caller, "malformed", "Bearer not.a.token")
    once = caller.stage.signed(caller.url)
    caller("used", once, own.FIRST_USE)
    _refused(caller, "replayed", once)
    if caller.stage.tester.authentication.hooks.kind is HookAuth.JWT:
        _refused(caller, "missing", "")


def _refused(caller: _Caller, name: str, token: str) -> None:
    caller(f"bad-{name}", token, own.BAD_TOKEN + name, own.ANY_BAD_TOKEN)


TOKENS = Scene("tokens", "Who is let in", tokens)
