"""Runs of suites: scenes that break off alone, checks left out, progress, and what a run comes to."""

from dataclasses import replace
from typing import Any

import pytest

from fhir_um.conformance.model import Strength, Verdict
from fhir_um.conformance.running import Event, Run, concerns, run_suite, run_suites
from fhir_um.conformance.stage import BrokenOff, Scene, Stage
from fhir_um.conformance.wire import Got
from tests.fhir_um.conformance.playing_for import TESTER, answering, check, housed, sending, suite


def ran(*checks: Any, status: int = 200, scenes: tuple[Scene, ...] = (), **tester: Any) -> Run:
    known = replace(TESTER, **tester)
    with housed(answering(status=status)) as house:
        return run_suites([suite(*checks, scenes=scenes)], known, house)


def breaking(stage: Stage) -> None:
    raise BrokenOff("there was no answer")


def stumbling(stage: Stage) -> None:
    stage.send("asked", "GET", f"{stage.base}/metadata").answer["none"]["such"]


def test_a_run_keeps_what_was_said_and_judges_it() -> None:
    run = ran()

    (of_suite,) = run.suites
    assert run.passed
    assert [each.key for each in of_suite.session.exchanges] == ["asks/asked"]
    assert [(outcome.check.id, outcome.verdict) for outcome in of_suite.outcomes] == [
        ("tiny.status.ok", Verdict.PASSED)
    ]
    assert (of_suite.scenes[0].exchanges, of_suite.scenes[0].broken) == (1, "")
    assert of_suite.timings[0].operation == "Claim/$submit"
    assert run.seconds >= of_suite.seconds > 0


@pytest.mark.parametrize(
    ("play", "why"), [(breaking, "there was no answer"), (stumbling, "a form that cannot be read")]
)
def test_a_scene_that_breaks_off_leaves_the_others_alone(play: Any, why: str) -> None:
    (of_suite,) = ran(scenes=(Scene("breaks", "It breaks", play), sending())).suites

    assert of_suite.outcomes[0].verdict is Verdict.PASSED
    assert why in of_suite.session.broken_off["breaks"]
    assert [bool(scene.broken) for scene in of_suite.scenes] == [True, False]


def test_a_failed_check_fails_the_run() -> None:
    run = ran(status=500)

    assert not run.passed
    assert run.suites[0].count(Verdict.FAILED) == 1


def test_a_check_that_is_only_wished_for_does_not() -> None:
    run = ran(check(strength=Strength.SHOULD), status=500)

    assert run.passed
    assert run.suites[0].count(Verdict.WARNED) == 1


def test_a_check_that_is_insisted_on_and_not_judged_does() -> None:
    assert not ran(scenes=(Scene("breaks", "It breaks", breaking),)).passed


def test_a_check_that_does_not_concern_the_server_does_not() -> None:
    assert ran(check(omitted=lambda tester: f"not for {tester.server}"), status=500).passed


@pytest.mark.parametrize("pattern", ["tiny.status.ok", "tiny.status", "tiny", "*.ok"])
def test_a_check_the_tester_leaves_out_is_omitted_with_the_reason(pattern: str) -> None:
    run = ran(status=500, skip={pattern: "next release"})

    (outcome,) = run.suites[0].outcomes
    assert run.passed
    assert (outcome.verdict, outcome.why) == (Verdict.OMITTED, "left out by the tester: next release")


def test_only_some_outcomes_are_kept_and_what_they_rest_on_is_still_judged() -> None:
    checks = check(), check("tiny.more.ok", rests_on=("tiny.status.ok",))
    with housed(answering(status=500)) as house:
        run = run_suite(suite(*checks), TESTER, house, only="tiny.more")

    assert [(outcome.check.id, outcome.verdict) for outcome in run.outcomes] == [("tiny.more.ok", Verdict.SKIPPED)]


def test_progress_is_told_scene_by_scene() -> None:
    events: list[Event] = []
    with housed(answering()) as house:
        run_suite(suite(scenes=(Scene("breaks", "It breaks", breaking), sending())), TESTER, house, events.append)

    assert [(event.what, event.number, event.of, event.scene) for event in events] == [
        ("suite", 0, 2, ""),
        ("scene", 1, 2, "breaks"),
        ("broken", 1, 2, "breaks"),
        ("scene", 2, 2, "asks"),
        ("said", 0, 0, "asks"),
        ("judged", 0, 0, ""),
    ]
    assert events[-1].outcomes[0].verdict is Verdict.PASSED


@pytest.mark.parametrize(
    ("pattern", "is_meant"),
    [("", True), ("pas.submit.status", True), ("pas.submit", True), ("pas.sub", False), ("*.status", True)],
)
def test_checks_are_chosen_by_id_area_or_pattern(pattern: str, is_meant: bool) -> None:
    assert concerns("pas.submit.status", pattern) is is_meant


def test_a_server_that_stopped_answering_is_not_waited_for_to_the_end() -> None:
    def asking(stage: Stage) -> None:
        stage.send("asked", "GET", f"{stage.base}/metadata")

    scenes = tuple(Scene(f"scene-{number}", "It asks", asking) for number in range(6))
    with housed(lambda _sending: Got(0, why="nobody listens there")) as house:
        (of_suite,) = run_suites([suite(scenes=scenes)], TESTER, house).suites

    assert len(of_suite.session.exchanges) == 3
    assert [scene.broken.startswith("not played") for scene in of_suite.scenes] == [False] * 3 + [True] * 3


def test_scenes_that_break_off_after_an_answer_are_all_played() -> None:
    (of_suite,) = ran(scenes=tuple(Scene(f"scene-{number}", "It breaks", breaking) for number in range(6))).suites

    assert [scene.broken for scene in of_suite.scenes] == ["there was no answer"] * 6
