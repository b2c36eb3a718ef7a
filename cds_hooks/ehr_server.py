"""What can be asked of a FHIR server, at which address, over which connections. Must not know answers or tokens."""

import re
from dataclasses import dataclass
from threading import Lock
from urllib.parse import quote, urljoin

from cds_hooks.addresses import Address, Origin, Reach, taken_apart
from cds_hooks.outbound import Allowance, Failure, Line, Unusable

_KIND = re.compile(r"[A-Z][A-Za-z]{1,63}", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}", re.ASCII)
_UNTOUCHED = "=&|:/,.-_~%$+()'*!@;?"
_ONLY_DOTS = frozenset({".", ".."})


@dataclass(frozen=True, slots=True)
class Asking:
    """One thing to ask for: a search (`query`), one resource (`id`), or a further page (`url`)."""

    kind: str
    query: str = ""
    id: str = ""
    url: str = ""


def a_search(kind: str, query: str) -> Asking:
    """A search by type and query text (`patient=1&status=active`)."""
    return Asking(kind, query=query)


def a_read(reference: str) -> Asking:
    """A read of `Type/id`."""
    kind, _, id = reference.partition("/")
    return Asking(kind, id=id)


def a_page(url: str) -> Asking:
    """A further page of a Bundle the EHR sent along. What is on it cannot be told from its address."""
    return Asking("Bundle", url=url)


@dataclass(frozen=True, slots=True)
class Server:
    """The FHIR base of an EHR, without a slash at its end."""

    origin: Origin
    url: str
    path: str

    @classmethod
    def at(cls, url: str) -> "Server | None":
        """None when that is no address of a FHIR server."""
        parts = taken_apart(url.rstrip("/"))
        if parts is None or "?" in parts[1]:
            return None
        return cls(parts[0], url.rstrip("/"), parts[1].rstrip("/"))

    def target(self, asking: Asking) -> str:
        """Path and query to ask for.

        Raises: Unusable when it is no FHIR address, or leads to another server.
        """
        if asking.url:
            parts = taken_apart(urljoin(self.url + "/", asking.url))
            if parts is None or parts[0] != self.origin:
                raise Unusable("another server")
            return parts[1]
        if not _KIND.fullmatch(asking.kind):
            raise Unusable("no resource type")
        if asking.query:
            _demand_ids(asking.query)
            return f"{self.path}/{asking.kind}?{quote(asking.query, safe=_UNTOUCHED)}"
        if not _ID.fullmatch(asking.id) or asking.id in _ONLY_DOTS:
            raise Unusable("no id")
        return f"{self.path}/{asking.kind}/{asking.id}"


def _demand_ids(query: str) -> None:
    """Ids come from references that others wrote; none may bring a further parameter along.

    Raises: Unusable.
    """
    name, _, ids = query.partition("=")
    if name == "_id" and not all(_ID.fullmatch(id) for id in ids.split(",")):
        raise Unusable("no id")


class Lines:
    """Connections to one server; those not in use are kept for the next request."""

    def __init__(self, server: Server, addresses: tuple[Address, ...], reach: Reach, allowance: Allowance) -> None:
        self.server = server
        self._addresses = addresses
        self._reach = reach
        self._allowance = allowance
        self._idle: list[Line] = []
        self._is_closed = False
        self._lock = Lock()

    def take(self) -> Line:
        """A connection for one thread."""
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return Line(self.server.origin, self._addresses, self._reach, self._allowance)

    def give_back(self, line: Line) -> None:
        """No longer in use."""
        with self._lock:
            if not self._is_closed:
                self._idle.append(line)
                return
        line.close()

    def close(self) -> None:
        """Close what is not in use now, and the rest as it comes back."""
        with self._lock:
            self._is_closed, idle = True, self._idle
        for line in idle:
            line.close()


def lines_to(server: Server, reach: Reach, allowance: Allowance) -> Lines | Failure:
    """Connections to the addresses the server has now. Asks the resolver, which may take its time."""
    try:
        addresses = server.origin.addresses(reach)
    except (OSError, UnicodeError):  # the latter for a name that cannot be one
        return Failure.UNREACHABLE
    return Lines(server, addresses, reach, allowance) if addresses else Failure.NOT_ASKED
