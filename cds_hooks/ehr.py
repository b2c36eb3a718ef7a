"""Asks the EHR of one call for resources: in parallel, within a budget, only where its policy lets it.

Must not know what the resources are for. The token goes into one header and nowhere else.
"""

import re
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from http import HTTPStatus

from cds_hooks.addresses import Reach
from cds_hooks.budget import Budget
from cds_hooks.desk import Json
from cds_hooks.ehr_server import Asking, Lines, Server, a_page, a_read, a_search, lines_to
from cds_hooks.outbound import Allowance, Failure, Reply
from cds_hooks.searchset import page_in, resource_in

__all__ = ["Answers", "Asking", "Ehr", "EhrPolicy", "Failure", "Found", "Visit", "a_page", "a_read", "a_search"]

_TOKEN = re.compile(r"[\x21-\x7e]{1,16384}", re.ASCII)
_REJECTED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_ABSENT = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_TRY_LATER = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})


@dataclass(frozen=True, slots=True)
class EhrPolicy(Reach):
    """Which EHRs may be asked, and how much of them. `max_requests` is for one call."""

    max_connections: int = 8
    max_pages: int = 10
    max_requests: int = 80


@dataclass(frozen=True, slots=True)
class Found:
    """What came, and why not all of it did. A record the EHR does not have is no failure."""

    resources: tuple[Json, ...]
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """One question put to the EHR, for keeping: resource type, how many came, in how many seconds, and what failed."""

    kind: str
    count: int
    seconds: float
    failure: Failure | None


Answers = dict[Asking, Found]
More = Callable[[Answers], Iterable[Asking]]
"""Takes what came, and says what to ask for then."""


class Ehr:
    """The FHIR server behind one hook call. Use it in a `with` block, or end with `hang_up`.

    `server` empty: there is none, and nothing is asked. `subject` is our name there, for the record.
    """

    def __init__(self, server: str, token: str, subject: str, policy: EhrPolicy, budget: Budget) -> None:
        self.subject = subject
        self.visits: list[Visit] = []
        self.asked: set[Asking] = set()
        self._was_answered = False
        self._was_rejected = False
        self._policy = policy
        self._budget = budget
        self._server = Server.at(server)
        self._has_token = bool(token)
        self._headers = {"Accept": "application/fhir+json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._may_ask = (
            self._server is not None
            and self._server.origin.is_within(policy)
            and (not token or _TOKEN.fullmatch(token) is not None)
        )
        self._allowance = Allowance(policy.max_bytes)
        self._requests_left = policy.max_requests
        self._threads: ThreadPoolExecutor | None = None
        self._lines: Lines | Failure | None = None

    def __repr__(self) -> str:
        return f"Ehr({self._server.origin.host if self._server else ''})"

    def __enter__(self) -> "Ehr":
        return self

    def __exit__(self, *_: object) -> None:
        self.hang_up()

    @property
    def token_use(self) -> str:
        """What became of the EHR's token: `used`, `rejected` or `not-used`. Source: CRD 2.2.1 CRDMetricData."""
        if self._was_rejected:
            return "rejected"
        return "used" if self._was_answered and self._has_token else "not-used"

    def search(self, kind: str, query: str) -> Found:
        """The resources a search finds, all pages of it."""
        return self.ask((a_search(kind, query),))[0]

    def read(self, reference: str) -> Found:
        """The resource at `Type/id`, if there is one."""
        return self.ask((a_read(reference),))[0]

    def ask(self, askings: Iterable[Asking], budget: Budget | None = None) -> tuple[Found, ...]:
        """An answer to each, in their order, asked in parallel; what is not there in time is late."""
        several = tuple(askings)
        answers: dict[Asking, Found] = {}

        def keep(found: Answers) -> tuple[Asking, ...]:
            answers.update(found)
            return ()

        self.follow(several, keep, budget)
        return tuple(answers[asking] for asking in several)

    def follow(self, askings: Iterable[Asking], more: More, budget: Budget | None = None) -> None:
        """Ask in parallel, hand over what comes as it comes, and ask for what that leads to, until nothing is left.

        Everything asked is answered once; what is not there in time is late. `budget` may only shorten the one this
        was made with.
        """
        within = self._budget.part(budget.left()) if budget else self._budget
        waiting: dict[Future[Found], Asking] = {}
        while True:
            found = self._started(askings, waiting, within)
            if waiting:
                found |= _finished(waiting, within)
            if not found:
                return
            askings = more(found)

    def hang_up(self) -> None:
        """Close all connections; what still runs is given up. Asking again is allowed, and connects anew."""
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._threads = None
        if isinstance(self._lines, Lines):
            self._lines.close()
            self._lines = None

    def _started(self, askings: Iterable[Asking], waiting: dict[Future[Found], Asking], within: Budget) -> Answers:
        """Puts new jobs among those waited for. What cannot be asked is answered at once."""
        new = list(dict.fromkeys(askings))
        self.asked.update(new)
        if not new:
            return {}
        lines = self._opened(within)
        if isinstance(lines, Failure):
            return dict.fromkeys(new, Found((), lines))
        taken = new[: self._requests_left]
        self._requests_left -= len(taken)
        for asking in taken:
            waiting[self._pool().submit(self._found, asking, lines, within)] = asking
        return dict.fromkeys(new[len(taken) :], Found((), Failure.NOT_ASKED))

    def _pool(self) -> ThreadPoolExecutor:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(self._policy.max_connections)
        return self._threads

    def _opened(self, within: Budget) -> Lines | Failure:
        """Where to ask, found once: a name that changes its address in between gains nothing."""
        if self._server is None or not self._may_ask:
            return Failure.NOT_ASKED
        if within.is_over:
            return Failure.LATE
        if self._lines is None:
            looking = self._pool().submit(lines_to, self._server, self._policy, self._allowance)
            wait((looking,), timeout=within.left())
            self._lines = looking.result() if looking.done() else Failure.LATE
        return self._lines

    def _found(self, asking: Asking, lines: Lines, within: Budget) -> Found:
        started = within.left()
        resources: list[Json] = []
        try:
            failure = self._gathered(asking, lines, within, resources)
        except ValueError:  # Unusable, or an address that nobody can read
            failure = Failure.GARBAGE
        visit = Visit(asking.kind, len(resources), started - within.left(), failure)
        self.visits.append(visit)
        return Found(tuple(resources), failure)

    def _gathered(self, asking: Asking, lines: Lines, within: Budget, into: list[Json]) -> Failure | None:
        target = lines.server.target(asking)
        query = target.partition("?")[2]
        for _ in range(self._policy.max_pages):
            reply = self._reply(target, lines, within)
            if isinstance(reply, Failure):
                return reply
            if asking.id and reply.status in _ABSENT:
                return None
            if reply.status != HTTPStatus.OK:
                return self._meaning(reply.status)
            page = resource_in(reply, asking.kind, asking.id) if asking.id else page_in(reply, query)
            into.extend(page.resources)
            if not page.next_url:
                return None
            target = lines.server.target(a_page(page.next_url))
        return Failure.GARBAGE

    def _reply(self, target: str, lines: Lines, within: Budget) -> Reply | Failure:
        line = lines.take()
        try:
            reply = line.get(target, self._headers, within.part(self._policy.per_request_seconds))
        finally:
            lines.give_back(line)
        if isinstance(reply, Reply):
            self._was_answered = True
        return reply

    def _meaning(self, status: int) -> Failure:
        if status in _REJECTED:
            self._was_rejected = True
        if status in _TRY_LATER or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return Failure.UNREACHABLE
        return Failure.REFUSED if status >= HTTPStatus.BAD_REQUEST else Failure.GARBAGE


def _finished(waiting: dict[Future[Found], Asking], within: Budget) -> Answers:
    """What is ready, once something is; all that is waited for as late when the time is over."""
    done, _ = wait(waiting, timeout=within.left(), return_when=FIRST_COMPLETED)
    if done:
        return {waiting.pop(job): job.result() for job in done}
    late = dict.fromkeys(waiting.values(), Found((), Failure.LATE))
    for job in waiting:
        job.cancel()
    waiting.clear()
    return late
