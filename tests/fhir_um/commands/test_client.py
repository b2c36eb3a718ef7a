"""`fhir-um client`: what an operator can register, what is refused with advice, and what it looks like."""

import json
import stat
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import responses
from joserfc.jwk import ECKey, RSAKey

from fhir_um.__main__ import main
from fhir_um.auth.hook_keys import PUBLISHED
from fhir_um.cases.client import Client, ClientKind, ClientStanding
from fhir_um.cases.model import ClientId
from fhir_um.deps import Deps, make_deps
from fhir_um.settings import Settings
from fhir_um.usecases.find_client import find_client
from fhir_um.usecases.register_client import register_client
from fhir_um.usecases.see_directory import payers_on_file
from tests.fhir_um.trusting import seed_payers

EC = ECKey.generate_key("P-384", {"kid": "ec-1"})
RSA = RSAKey.generate_key(2048, {"kid": "rsa-1"})
SERVER = "https://um.example.org"


class Desk:
    """An operator at the command line, over a database with payers."""

    def __init__(self, deps: Deps, folder: Path) -> None:
        self.deps = deps
        self.folder = folder
        self.payer = payers_on_file(deps)[0]

    def keys(self, *keys: object) -> str:
        path = self.folder / "jwks.json"
        path.write_text(json.dumps({"keys": list(keys)}))
        return str(path)

    def add(self, *more: str, id: str = "ehr-1", scope: str = "system/Claim.cruds") -> int:
        proofs = () if {"--keys", "--jwks-url"} & {*more} else ("--keys", self.keys(EC.as_dict(private=False)))
        usual = ("--id", id, "--name", "General Hospital", "--payer", self.payer, "--scope", scope)
        return main(["client", "add", *usual, *proofs, *more])

    def client(self, id: str = "ehr-1") -> Client:
        found = find_client(self.deps, id)
        assert found is not None
        return found


@pytest.fixture
def desk(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("FHIR_UM_DATABASE_URL", sqlite_url)
    monkeypatch.delenv("FHIR_UM_MODE", raising=False)
    deps = make_deps(Settings(database_url=sqlite_url))
    seed_payers(deps)
    yield Desk(deps, tmp_path)
    deps.store.close()


def test_a_client_is_registered_and_shown(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    scopes = ("--scope", "um/cases.decide um/cases.read", "--role", "nurse", "--role", "physician")
    assert desk.add("--organisation", "valley", *scopes) == 0
    registered = capsys.readouterr().out
    assert main(["client", "show", "ehr-1"]) == 0
    shown = capsys.readouterr().out

    client = desk.client()
    assert (client.organisation, client.payer_ids, client.roles) == ("valley", (desk.payer,), {"nurse", "physician"})
    assert client.scopes == ("system/Claim.cruds", "um/cases.decide", "um/cases.read")
    assert client.keys == (EC.as_dict(private=False),)
    assert registered.endswith(shown)
    for words in ("General Hospital", "active", "ec-1", "system/Claim.crs um/cases.decide um/cases.read"):
        assert words in shown


def test_clients_are_listed(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["client", "list"]) == 0
    assert "fhir-um client add" in capsys.readouterr().out
    for id in ("b", "a"):
        desk.add(id=id)
    main(["client", "disable", "b"])
    capsys.readouterr()

    main(["client", "list"])
    lines = capsys.readouterr().out.splitlines()
    main(["client", "list", "--json"])

    assert [line.split()[:2] for line in lines[1:]] == [["a", "active"], ["b", "disabled"]]
    assert [(row["id"], row["standing"]) for row in json.loads(capsys.readouterr().out)] == [
        ("a", "active"),
        ("b", "disabled"),
    ]
    assert main(["client", "show", "c"]) == 1
    assert "no client c" in capsys.readouterr().err


def test_a_client_is_kept_out_and_let_in_again(desk: Desk) -> None:
    desk.add()

    assert main(["client", "disable", "ehr-1"]) == 0
    assert (desk.client().standing, desk.client().version) == (ClientStanding.DISABLED, 2)
    assert main(["client", "enable", "ehr-1"]) == 0
    assert (desk.client().is_active, desk.client().version) == (True, 3)
    assert main(["client", "disable", "nobody"]) == 1


def test_what_a_client_may_is_changed(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.add("--role", "nurse")
    before = desk.client()

    narrower = ("--scope", "system/Claim.r", "--name", "Valley Hospital", "--role", "physician")
    assert main(["client", "change", "ehr-1", *narrower]) == 0
    changed = desk.client()
    assert (changed.scopes, changed.name, changed.roles) == (("system/Claim.r",), "Valley Hospital", {"physician"})
    assert (changed.payer_ids, changed.keys, changed.version) == (before.payer_ids, before.keys, 2)
    assert main(["client", "change", "ehr-1", "--no-role"]) == 0
    assert not desk.client().roles


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ((), "Nothing to change"),
        (("--payer", "nowhere"), "No such payer: nowhere"),
        (("--scope", "system/Nothing.r"), "There is no scope system/Nothing.r"),
        (("--role", "janitor"), "There is no role janitor"),
    ],
)
def test_what_cannot_be_is_not_changed(
    desk: Desk, capsys: pytest.CaptureFixture[str], change: tuple[str, ...], told: str
) -> None:
    desk.add()

    assert main(["client", "change", "ehr-1", *change]) == 1
    assert told in capsys.readouterr().err
    assert desk.client().version == 1


def test_the_audit_log_says_which_client_was_changed(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.add()
    main(["client", "disable", "ehr-1"])
    main(["client", "enable", "ehr-1"])
    main(["client", "disable", "nobody"])
    capsys.readouterr()

    main(["audit", "search", "--json"])
    rows = json.loads(capsys.readouterr().out)
    assert [(row["action"], row["detail"]) for row in rows if row["action"].startswith("command client")] == [
        ("command client enable", "ehr-1"),
        ("command client disable", "ehr-1"),
        ("command client add", "ehr-1"),
    ]


def test_keys_are_replaced(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.add()

    assert main(["client", "rotate", "ehr-1", "--keys", desk.keys(RSA.as_dict(private=False))]) == 0
    assert [key["kid"] for key in desk.client().keys] == ["rsa-1"]
    assert main(["client", "rotate", "ehr-1", "--jwks-url", "https://ehr.example.org/jwks.json"]) == 0
    assert (desk.client().keys, desk.client().jwks_url) == ((), "https://ehr.example.org/jwks.json")
    capsys.readouterr()
    assert main(["client", "rotate", "ehr-1"]) == 1
    assert "Nothing to change" in capsys.readouterr().err
    assert desk.client().version == 3


def test_a_member_of_a_community_changes_its_certificate_there(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.add()
    register_client(desk.deps, replace(desk.client(), id=ClientId("udap-1"), kind=ClientKind.UDAP, keys=()))

    assert main(["client", "rotate", "udap-1", "--jwks-url", "https://ehr.example.org/jwks.json"]) == 1
    assert "certificate of its community" in capsys.readouterr().err
    assert main(["client", "change", "udap-1", "--scope", "system/Claim.r"]) == 1
    assert "would undo this" in capsys.readouterr().err
    assert (desk.client("udap-1").jwks_url, desk.client("udap-1").version) == ("", 1)


def test_a_client_is_bound_to_certificates(desk: Desk) -> None:
    pem = desk.folder / "client.pem"
    one, other = (b64encode(b"\x30" + text).decode() for text in (b"one", b"other"))
    pem.write_text(
        "".join(f"-----BEGIN CERTIFICATE-----\n{each}\n-----END CERTIFICATE-----\n" for each in (one, other))
    )

    assert desk.add("--certificate", str(pem)) == 0
    assert len(desk.client().certificates) == 2


SMALL = {"kty": "RSA", "kid": "k", "e": "AQAB", "n": RSA.as_dict(private=False)["n"][:171]}
P256 = ECKey.generate_key("P-256", {"kid": "k"}).as_dict(private=False)


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ((EC.as_dict(private=True),), "secret"),
        ((RSA.as_dict(private=True),), "secret"),
        (({"kty": "oct", "k": "c2VjcmV0", "kid": "k"},), "secret"),
        ((SMALL,), "RSA of 2048 bits"),
        ((P256,), "P-384"),
        ((EC.as_dict(private=False) | {"kid": min(PUBLISHED)},), "public test kit"),
        ((EC.as_dict(private=False) | {"kid": ""},), "no kid"),
        ((EC.as_dict(private=False), EC.as_dict(private=False)), "same kid"),
        ((), "at least one key"),
        (("x",), "no JWK Set"),
    ],
)
def test_keys_that_prove_nothing_are_refused(
    desk: Desk, capsys: pytest.CaptureFixture[str], keys: tuple[object, ...], told: str
) -> None:
    assert desk.add("--keys", desk.keys(*keys)) == 1
    assert told in capsys.readouterr().err
    assert find_client(desk.deps, "ehr-1") is None


def test_keys_of_a_test_kit_serve_the_sandbox(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FHIR_UM_MODE", "sandbox")

    assert desk.add("--keys", desk.keys(EC.as_dict(private=False) | {"kid": min(PUBLISHED)})) == 0
    assert desk.add("--jwks-url", "http://localhost:4567/jwks.json", id="kit") == 0


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("--jwks-url", "http://ehr.example.org/jwks.json"), "must begin with https://"),
        (("--jwks-url", "ftp://ehr.example.org"), "write an address"),
        (("--keys", "nowhere.json"), "No such file"),
        (("--scope", "system/Patient.r user/Claim.r"), "no scope system/Patient.r user/Claim.r here"),
        (("--role", "king"), "no role king"),
        (("--role", "engine"), "no role engine"),
        (("--payer", "nobody"), "No such payer: nobody. On file: "),
        (("--id", "a b"), "--id cannot be 'a b'"),
        (("--id", "sandbox"), "--id cannot be"),
        (("--organisation", "ehr-0"), "would see each other's requests"),
    ],
)
def test_what_cannot_be_registered_is_refused_with_advice(
    desk: Desk, capsys: pytest.CaptureFixture[str], more: tuple[str, ...], told: str
) -> None:
    desk.add(id="ehr-0")
    capsys.readouterr()

    assert desk.add(*more) == 1
    assert told in capsys.readouterr().err
    assert find_client(desk.deps, "ehr-1") is None


def test_an_id_is_given_once(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.add()

    assert desk.add("--name", "Another") == 1
    assert "There is a client ehr-1 already" in capsys.readouterr().err
    assert desk.client().name == "General Hospital"


@pytest.mark.parametrize("alg", ["ES384", "RS384"])
def test_a_key_pair_is_made(desk: Desk, capsys: pytest.CaptureFixture[str], alg: str) -> None:
    out = desk.folder / "ehr.key"

    assert main(["client", "key", "--out", str(out), "--alg", alg]) == 0
    public = desk.folder / "ehr.jwks.json"
    public.write_text(capsys.readouterr().out)

    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert "d" in json.loads(out.read_text())
    assert desk.add("--keys", str(public)) == 0
    assert desk.client().keys[0]["alg"] == alg
    assert main(["client", "key", "--out", str(out)]) == 1
    assert "Name a new file" in capsys.readouterr().err


# --- as the client would ----------------------------------------------------------------------------------------------


@pytest.fixture
def key(desk: Desk, capsys: pytest.CaptureFixture[str]) -> str:
    out = desk.folder / "ehr.key"
    main(["client", "key", "--out", str(out)])
    capsys.readouterr()
    return str(out)


def published() -> None:
    configuration = {"token_endpoint": f"{SERVER}/oauth/token", "scopes_supported": ["system/Claim.crs"]}
    responses.get("http://here/.well-known/smart-configuration", json=configuration)


Ask = Callable[..., int]


@pytest.fixture
def ask(key: str) -> Ask:
    return lambda *more: main(["client", "token", "--key", key, "--id", "ehr-1", "--server", "http://here/", *more])


@responses.activate
def test_a_token_is_printed(ask: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    published()
    answer = {"access_token": "opaque", "expires_in": 300, "token_type": "Bearer", "scope": "system/Claim.crs"}
    responses.post("http://here/oauth/token", json=answer)

    assert ask() == 0
    assert capsys.readouterr().out == "opaque\n"
    assert ask("--json") == 0
    assert json.loads(capsys.readouterr().out) == answer
    assert "scope=system%2FClaim.crs" in str(responses.calls[1].request.body)


@responses.activate
def test_a_server_that_gives_no_token_is_told(ask: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    published()
    refused = {"error": "invalid_client", "error_description": "Authentication is required."}
    responses.post("http://here/oauth/token", json=refused, status=401)

    assert ask() == 1
    told = capsys.readouterr().err
    assert "gives no token: 401 invalid_client: Authentication is required." in told
    assert "client-refused" in told


@responses.activate
def test_a_server_that_knows_no_tokens_is_told(ask: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    responses.get("http://here/.well-known/smart-configuration", body="<html>", status=404)

    assert ask() == 1
    assert "does not say where to get tokens: 404" in capsys.readouterr().err
    responses.reset()
    assert ask() == 1
    assert "Nobody answers there" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "{}", json.dumps(EC.as_dict(private=False)), json.dumps({"keys": []})])
def test_what_is_no_private_key_is_told(desk: Desk, capsys: pytest.CaptureFixture[str], text: str) -> None:
    path = desk.folder / "odd.key"
    path.write_text(text)

    assert main(["client", "token", "--key", str(path), "--id", "ehr-1"]) == 1
    assert capsys.readouterr().err.startswith(f"{path}: This is no private key")
    assert main(["client", "token", "--key", str(path) + "x", "--id", "ehr-1"]) == 1
    assert "No such file" in capsys.readouterr().err
