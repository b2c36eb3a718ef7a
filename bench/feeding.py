"""The floor of delivering: bodies of one size posted by some threads over connections that stay, and nothing else."""

import http.client
import multiprocessing
from concurrent.futures import ThreadPoolExecutor

from bench.load import HOST, BadAnswer
from profiles.reading import FHIR_JSON


def feed(port: int, size: int, count: int, processes: int, threads: int) -> None:
    """Posts `count` bodies from so many processes of so many threads each.

    Raises: BadAnswer when one of them was not taken.
    """
    share = -(-count // (processes * threads))
    feeders = [multiprocessing.Process(target=_feed, args=(port, size, share, threads)) for _ in range(processes)]
    for feeder in feeders:
        feeder.start()
    for feeder in feeders:
        feeder.join()
    if any(feeder.exitcode for feeder in feeders):
        raise BadAnswer("the receiver did not take what it was fed")


def _feed(port: int, size: int, count: int, threads: int) -> None:
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(_post, port, b"x" * size, count) for _ in range(threads)]:
            done.result()


def _post(port: int, body: bytes, count: int) -> None:
    connection = http.client.HTTPConnection(HOST, port)
    for _ in range(count):
        connection.request("POST", "/floor", body, {"Content-Type": FHIR_JSON})
        response = connection.getresponse()
        response.read()
        if response.status != http.client.OK:
            raise BadAnswer(f"status {response.status}")
    connection.close()
