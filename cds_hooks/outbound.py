"""The one way out: HTTP to an allowed address, within limits of time and size. Must not know FHIR or tokens.

It uses the standard library and not `requests`, because everything an unfriendly server could abuse must be in view:
which address a name leads to, redirects, proxies named in the environment, compression, endless headers and bodies.
"""

import http.client
import io
import re
import socket
import ssl
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from threading import Lock
from typing import Any, TypeVar

from cds_hooks.addresses import DEFAULT_PORT, Address, Origin, Reach, taken_apart
from cds_hooks.budget import Budget

_PIECE_BYTES = 65_536
_GZIP = frozenset({"gzip", "x-gzip"})
_WANTS_JSON = {"Accept": "application/json"}
_SECONDS = re.compile(r"[0-9]{1,10}", re.ASCII)
_UNWANTED_SECONDS = 1.0
"""How long to wait for a body nobody wants, so that the connection can be kept."""

T = TypeVar("T")


class Failure(StrEnum):
    """Why something could not be had."""

    NOT_ASKED = "not-asked"
    REFUSED = "refused"
    LATE = "late"
    UNREACHABLE = "unreachable"
    GARBAGE = "garbage"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. The body is read for status 200 only; `fresh_seconds` is how long the server lets it be kept, or None
    where it does not say."""

    status: int
    content_type: str
    body: bytes
    fresh_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What came of a POST; `retry_after` as the server wrote it, empty when it did not."""

    status: int
    retry_after: str = ""


class Allowance:
    """A number of bytes that several requests share."""

    def __init__(self, most: int) -> None:
        self._left = most
        self._lock = Lock()

    def take(self, count: int) -> None:
        """Use some up. Raises: Unusable when there is not so much left."""
        with self._lock:
            self.demand(count)
            self._left -= count

    def demand(self, count: int) -> None:
        """Raises: Unusable when there is not so much left."""
        if count > self._left:
            raise Unusable("more than is taken")


class Unusable(ValueError):
    """An answer that cannot be used."""


def fetch(url: str, reach: Reach, budget: Budget) -> Reply | Failure:
    """One GET on a connection of its own. Redirects are not followed."""
    return _once(url, reach, budget, lambda line, target, within: line.get(target, _WANTS_JSON, within))


def exchange(url: str, reach: Reach, headers: Mapping[str, str], body: bytes, budget: Budget) -> Reply | Failure:
    """One POST on a connection of its own, whose answer is read. It arrives at most once; no redirect is followed."""
    told = {**_WANTS_JSON, **headers}
    return _once(url, reach, budget, lambda line, target, within: line.exchange(target, told, body, within))


def _once(
    url: str, reach: Reach, budget: Budget, ask: "Callable[[Line, str, Budget], Reply | Failure]"
) -> Reply | Failure:
    parts = taken_apart(url)
    if parts is None or not parts[0].is_within(reach):
        return Failure.NOT_ASKED
    origin, target = parts
    within = budget.part(reach.per_request_seconds)
    line = opened(origin, reach, within)
    if isinstance(line, Failure):
        return line
    try:
        return ask(line, target, within)
    finally:
        line.close()


def opened(origin: Origin, reach: Reach, within: Budget) -> "Line | Failure":
    """A line to the addresses behind an origin that may be reached; it connects with its first request."""
    if not origin.is_within(reach):
        return Failure.NOT_ASKED
    addresses = _looked_up(origin, reach, within)
    if isinstance(addresses, Failure):
        return addresses
    return Line(origin, addresses, reach, Allowance(reach.max_bytes))


def _looked_up(origin: Origin, reach: Reach, within: Budget) -> tuple[Address, ...] | Failure:
    """The addresses behind a name. Nobody can tell a resolver to hurry, so one that dawdles is left behind."""
    resolver = ThreadPoolExecutor(1, "resolver")
    try:
        return resolver.submit(origin.addresses, reach).result(within.left()) or Failure.NOT_ASKED
    except TimeoutError:
        return Failure.LATE
    except (OSError, UnicodeError):
        return Failure.UNREACHABLE
    finally:
        resolver.shutdown(wait=False)


class Line:
    """One connection to one origin, kept open from request to request; for one thread at a time."""

    def __init__(self, origin: Origin, addresses: tuple[Address, ...], reach: Reach, allowance: Allowance) -> None:
        self._connection = _Connection(origin, addresses, reach)
        self._allowance = allowance

    def get(self, target: str, headers: Mapping[str, str], budget: Budget) -> Reply | Failure:
        """What is at that path and query."""
        return self._tried(lambda: self._asked("GET", target, headers, None, budget), budget)

    def exchange(self, target: str, headers: Mapping[str, str], body: bytes, budget: Budget) -> Reply | Failure:
        """What is answered to a body sent there; on a line that was used before it may arrive twice, as by `post`."""
        return self._tried(lambda: self._asked("POST", target, headers, body, budget), budget)

    def post(self, target: str, headers: Iterable[tuple[str, str]], body: bytes, budget: Budget) -> Receipt | Failure:
        """What came of sending a body there. It may arrive twice, when the server hangs up before it answers."""
        return self._tried(lambda: self._told(target, headers, body, budget), budget)

    def _tried(self, ask: Callable[[], T], budget: Budget) -> T | Failure:
        is_kept = self._connection.sock is not None
        try:
            return ask()
        except ConnectionError:
            self.close()
            if is_kept and not budget.is_over:  # the server closed it meanwhile; a new one tells
                return self._tried(ask, budget)
            return Failure.UNREACHABLE
        except TimeoutError:
            failure = Failure.LATE
        except OSError:
            failure = Failure.UNREACHABLE
        except (http.client.HTTPException, ValueError, zlib.error):
            failure = Failure.GARBAGE
        self.close()
        return failure

    def close(self) -> None:
        """Hang up; the next request connects anew."""
        self._connection.close()

    def _asked(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None, budget: Budget) -> Reply:
        self._connection.begin(budget)
        self._connection.request(method, target, body, {"Accept-Encoding": "gzip", **headers})
        with self._connection.getresponse() as response:
            body = b""
            if response.status == http.client.OK:
                body = b"".join(_pieces(response, self._allowance))
            else:
                self.close()  # rather than read what may never end
            fresh_seconds = _fresh_seconds(response.headers)
            return Reply(response.status, response.headers.get_content_type(), body, fresh_seconds)

    def _told(self, target: str, headers: Iterable[tuple[str, str]], body: bytes, budget: Budget) -> Receipt:
        self._connection.begin(budget)
        self._connection.putrequest("POST", target, skip_accept_encoding=True)
        self._connection.putheader("Content-Length", str(len(body)))
        for name, value in headers:
            self._connection.putheader(name, value)
        self._connection.endheaders(body)
        response = self._connection.getresponse()
        try:
            receipt = Receipt(response.status, response.headers.get("Retry-After", "").strip())
            if not self._is_short(response, budget):
                self.close()  # rather than read what may never end
            return receipt
        finally:
            response.close()

    def _is_short(self, response: http.client.HTTPResponse, budget: Budget) -> bool:
        """Reads over the body of an answer that nobody wants; False when there is more of it, or it does not come."""
        try:
            self._connection.begin(budget.part(_UNWANTED_SECONDS))
            if response.length is not None and response.length > _PIECE_BYTES:
                return False
            response.read(_PIECE_BYTES)
            return response.isclosed() or not response.read1(1)
        except (OSError, http.client.HTTPException, ValueError):
            return False


class _Connection(http.client.HTTPConnection):
    """Connects to addresses that were checked, whatever the name means by now, and never waits beyond its budget."""

    def __init__(self, origin: Origin, addresses: tuple[Address, ...], reach: Reach) -> None:
        self.default_port = DEFAULT_PORT[origin.scheme]
        super().__init__(origin.host, origin.port)
        self._origin = origin
        self._addresses = addresses
        self._reach = reach
        self._budget: Budget | None = None

    def begin(self, budget: Budget) -> None:
        """Whatever follows is done within that budget."""
        self._budget = budget
        self.response_class = _reading_within(self.seconds)
        if self.sock is not None:
            self.sock.settimeout(_seconds(budget))

    def seconds(self) -> float:
        """What is left of the budget. Raises: TimeoutError when nothing is."""
        if self._budget is None:
            raise TimeoutError
        return _seconds(self._budget)

    def connect(self) -> None:
        """Called by the library when a request needs a connection."""
        if self._budget is None:
            raise TimeoutError
        plain = _connected(self._addresses, self._budget)
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.sock = plain
            if self._origin.scheme == "https":
                name = self._origin.host.strip("[]")
                self.sock = _tls(self._reach.ca_file).wrap_socket(plain, server_hostname=name)
        except BaseException:
            plain.close()
            self.sock = None
            raise


class _Timed(io.RawIOBase):
    """Reads from a socket and never waits longer than the budget, however slowly bytes drip in."""

    def __init__(self, line: socket.socket, seconds: Callable[[], float]) -> None:
        self._line = line
        self._file = line.makefile("rb", buffering=0)
        self._seconds = seconds

    def makefile(self, _mode: str) -> io.BufferedReader:
        """What the library asks a socket for."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._line.settimeout(self._seconds())
        return self._file.readinto(buffer)

    def close(self) -> None:
        self._file.close()
        super().close()


def _reading_within(seconds: Callable[[], float]) -> Any:
    def response(line: socket.socket, *args: Any, **named: Any) -> http.client.HTTPResponse:
        return http.client.HTTPResponse(_Timed(line, seconds), *args, **named)  # type: ignore[arg-type]  # makefile only

    return response


def _seconds(budget: Budget) -> float:
    left = budget.left()
    if left <= 0:
        raise TimeoutError
    return left


def _connected(addresses: tuple[Address, ...], budget: Budget) -> socket.socket:
    """A connection to the first address that answers; each gets its share of the time."""
    fault: OSError = OSError("no address")
    for tried, (family, place) in enumerate(addresses):
        line = socket.socket(family, socket.SOCK_STREAM)
        try:
            line.settimeout(_seconds(budget) / (len(addresses) - tried))
            line.connect(place)
        except OSError as error:
            line.close()
            fault = error
        else:
            line.settimeout(_seconds(budget))
            return line
    raise fault


def _fresh_seconds(headers: http.client.HTTPMessage) -> int | None:
    """Source: RFC 9111 4.2.1 (for a cache of one's own), 4.2.3, 5.2.2."""
    rules = ", ".join(headers.get_all("Cache-Control", ())).lower().split(",")
    said = {name.strip(): value.strip(' "') for name, _, value in (rule.partition("=") for rule in rules)}
    if not said.keys().isdisjoint(("no-store", "no-cache")):
        return 0
    most, age = said.get("max-age", ""), headers.get("Age", "0").strip()
    if not _SECONDS.fullmatch(most):
        return None
    return max(0, int(most) - (int(age) if _SECONDS.fullmatch(age) else 0))


def _pieces(response: http.client.HTTPResponse, allowance: Allowance) -> Iterator[bytes]:
    """The body, counted while it is read and again while it is inflated."""
    coding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in _GZIP and coding != "identity":
        raise Unusable("an encoding that was not offered")
    raw = _counted(response, allowance)
    yield from _inflated(raw, allowance) if coding in _GZIP else raw
    if response.length:
        raise Unusable("a body that breaks off")


def _counted(response: http.client.HTTPResponse, allowance: Allowance) -> Iterator[bytes]:
    allowance.demand(response.length or 0)
    while piece := response.read1(_PIECE_BYTES):
        allowance.take(len(piece))
        yield piece


def _inflated(pieces: Iterator[bytes], allowance: Allowance) -> Iterator[bytes]:
    inflater = zlib.decompressobj(wbits=31)
    for piece in pieces:
        rest = piece
        while rest and not inflater.eof:
            plain = inflater.decompress(rest, _PIECE_BYTES)
            allowance.take(len(plain))
            yield plain
            rest = inflater.unconsumed_tail
    if not inflater.eof:
        raise Unusable("a body that breaks off")


@cache
def _tls(ca_file: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_file or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
