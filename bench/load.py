"""Sends requests over loopback from a few processes and keeps every latency. One connection per request."""

import json
import multiprocessing
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import quantiles

from profiles.canonicals import EXT_REVIEW_ACTION_CODE
from profiles.reading import FHIR_JSON

HOST = "127.0.0.1"
# A driver answers for at least this many requests, however slow the machine: less has no percentiles.
_FEWEST = 2


@dataclass(frozen=True, slots=True)
class Result:
    """One measurement. Latencies in milliseconds, throughput in answers per second."""

    answers: int
    seconds: float
    latencies_ms: tuple[float, ...]

    @property
    def per_second(self) -> float:
        """Answers per second over all connections."""
        return self.answers / self.seconds

    def percentile_ms(self, percent: int) -> float:
        """The latency that `percent` of answers did not exceed."""
        return quantiles(self.latencies_ms, n=100, method="inclusive")[percent - 1]


class BadAnswer(Exception):
    """An answer that is not the one measured; a benchmark of errors is worthless."""


def request_of(port: int, path: str, body: bytes, media: str = FHIR_JSON, token: str = "") -> bytes:
    """The bytes of one POST."""
    head = f"POST {path} HTTP/1.1\r\nHost: {HOST}:{port}\r\nContent-Type: {media}\r\nContent-Length: {len(body)}\r\n"
    if token:
        head += f"Authorization: Bearer {token}\r\n"
    return f"{head}Accept: {media}\r\nConnection: close\r\n\r\n".encode() + body


def exchange(port: int, path: str, body: bytes, media: str = FHIR_JSON, token: str = "") -> bytes:
    """One POST and its whole answer body.

    Raises: BadAnswer when the status is not 200.
    """
    with socket.create_connection((HOST, port), timeout=20) as connection:
        connection.sendall(request_of(port, path, body, media, token))
        chunks = []
        while chunk := connection.recv(65536):
            chunks.append(chunk)
    answer = b"".join(chunks)
    headers, _, content = answer.partition(b"\r\n\r\n")
    if b" 200 " not in headers[:16]:
        raise BadAnswer(f"{path}: {headers[:60]!r} {content[:500]!r}")
    return content


@dataclass(frozen=True, slots=True)
class _Share:
    """What one driver does: `gap_seconds` between two requests, 0 for one after the other."""

    port: int
    path: str
    bodies: list[bytes]
    mark: bytes
    until: float
    gap_seconds: float
    token: str


def _drive(share: _Share, pipe: "multiprocessing.connection.Connection") -> None:
    """A paced request counts from when it was due, so that waiting in line is not hidden."""
    latencies: list[float] = []
    port, path, mark, fault = share.port, share.path, share.mark, ""
    due = time.perf_counter()
    for body in share.bodies:
        start = time.perf_counter()
        if share.gap_seconds:
            due += share.gap_seconds
            time.sleep(max(0.0, due - start))
            start = due
        if fault or (start >= share.until and len(latencies) >= _FEWEST):
            break
        try:
            answer = exchange(port, path, body, token=share.token)
        except (BadAnswer, OSError) as problem:
            fault = str(problem)
            continue
        latencies.append((time.perf_counter() - start) * 1000)
        if mark not in answer:
            fault = f"{path}: no {mark!r} in {answer[:500]!r}"
    pipe.send((latencies, time.perf_counter(), fault))
    pipe.close()


def measure(
    port: int,
    path: str,
    bodies: Iterable[bytes],
    connections: int,
    seconds: float,
    mark: bytes = b"",
    per_second: float = 0.0,
    token: str = "",
) -> Result:
    """Drives the server from that many processes until the time or the bodies run out; `mark` is in every good answer.

    Each process sends two requests at least, also when the time is over before.

    With `per_second` requests are sent at that pace over all connections, otherwise as fast as they are answered.

    Raises: BadAnswer when a driver met an answer that is not the one measured, or nothing was answered at all.
    """
    shared = list(bodies)
    gap = connections / per_second if per_second else 0.0
    start = time.perf_counter()
    pipes, drivers = [], []
    for n in range(connections):
        mine, theirs = multiprocessing.Pipe(duplex=False)
        share = _Share(port, path, shared[n::connections], mark, start + seconds, gap, token)
        driver = multiprocessing.Process(target=_drive, args=(share, theirs))
        driver.start()
        theirs.close()
        pipes.append(mine)
        drivers.append(driver)
    try:
        latencies, end = _collect(pipes)
    finally:
        for driver in drivers:
            driver.join()
    if len(latencies) < _FEWEST:
        raise BadAnswer(f"{path}: {len(latencies)} answers in {seconds} seconds; there is nothing to measure")
    return Result(len(latencies), end - start, tuple(latencies))


def _collect(pipes: "list[multiprocessing.connection.Connection]") -> tuple[list[float], float]:
    latencies: list[float] = []
    ends = []
    for pipe in pipes:
        mine, end, fault = pipe.recv()
        if fault:
            raise BadAnswer(fault)
        latencies += mine
        ends.append(end)
    return latencies, max(ends)


def review_actions(answer: bytes) -> set[str]:
    """The X12 306 codes of every line of a response Bundle."""
    codes = set()
    for entry in json.loads(answer)["entry"]:
        for item in entry["resource"].get("item", []):
            for part in item["adjudication"][0]["extension"][0]["extension"]:
                if part["url"] == EXT_REVIEW_ACTION_CODE:
                    codes.add(part["valueCodeableConcept"]["coding"][0]["code"])
    return codes
