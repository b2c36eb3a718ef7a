"""Where the runner listens: takes notifications, apart for each scene, and publishes the keys of the run.

Must not know what a notification is good for. What else is asked may be answered by somebody it is given (`others`).
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from fhir_um.conformance.tester import Listen
from fhir_um.simulators.listening import JSON, Answer, Asked, Listener, Told, json_told
from fhir_um.simulators.receiver import kind_of

NOTIFICATIONS = "/notifications"
KEYS = "/jwks.json"
_NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class Came:
    """One notification as it came, and when after the listening began."""

    box: str
    kind: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    after_seconds: float


class Letterbox:
    """What came and was not heard yet, by box; threads may put in and take out at once."""

    def __init__(self) -> None:
        self._came: list[Came] = []
        self._changed = threading.Condition()

    def put(self, came: Came) -> None:
        """Keep one."""
        with self._changed:
            self._came.append(came)
            self._changed.notify_all()

    def next(self, box: str, kind: str, seconds: float) -> Came | None:
        """The oldest of that kind in that box, taken out; None when none comes in time."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._find(box, kind) is not None, seconds):
                return None
            found = self._find(box, kind)
            if found is not None:
                self._came.remove(found)
            return found

    def rest(self, box: str) -> tuple[Came, ...]:
        """What nobody asked for, taken out."""
        with self._changed:
            found = tuple(each for each in self._came if each.box == box)
            self._came = [each for each in self._came if each.box != box]
            return found

    def _find(self, box: str, kind: str) -> Came | None:
        return next((each for each in self._came if each.box == box and each.kind == kind), None)


class Ear:
    """Listens as long as the block. `public` is where the server under test reaches it."""

    def __init__(self, listen: Listen, keys: Callable[[], Mapping[str, Any]], others: Answer | None = None) -> None:
        self.letterbox = Letterbox()
        self._keys = keys
        self._others = others
        self._start = time.perf_counter()
        self._listener = Listener(self._answer, listen.port, listen.host)
        self.public = (listen.public_url or self._listener.url).rstrip("/")

    def __enter__(self) -> Self:
        self._listener.__enter__()
        return self

    def __exit__(self, *fault: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._listener.__exit__(*fault)

    @property
    def keys_url(self) -> str:
        """Where the keys of the run are published."""
        return self.public + KEYS

    def endpoint(self, box: str) -> str:
        """Where notifications of that box are taken."""
        return f"{self.public}{NOTIFICATIONS}/{box}"

    def _answer(self, asked: Asked) -> Told:
        if asked.method == "POST" and asked.path.startswith(f"{NOTIFICATIONS}/"):
            return self._take(asked)
        if asked.method == "GET" and asked.path == KEYS:
            return json_told(dict(self._keys()), content_type=JSON)
        return self._others(asked) if self._others else Told(_NOT_FOUND)

    def _take(self, asked: Asked) -> Told:
        box = asked.path.removeprefix(f"{NOTIFICATIONS}/")
        after = time.perf_counter() - self._start
        self.letterbox.put(
            Came(box, kind_of(asked.body), self.public + asked.target, dict(asked.headers), asked.body, after)
        )
        return Told()
