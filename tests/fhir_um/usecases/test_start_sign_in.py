"""A sign-in on its way is finished once, soon, and by the browser that began it."""

from sqlalchemy import text

from fhir_um.usecases.start_sign_in import SIGN_IN_SECONDS, start_sign_in, take_sign_in


def test_it_is_finished_once(bare, clock) -> None:
    began = clock.at
    state, browser = start_sign_in(bare)
    clock.move(seconds=SIGN_IN_SECONDS - 1)

    assert take_sign_in(bare, state, browser) == began
    assert take_sign_in(bare, state, browser) is None


def test_it_is_over_after_a_while(bare, clock) -> None:
    state, browser = start_sign_in(bare)
    clock.move(seconds=SIGN_IN_SECONDS)

    assert take_sign_in(bare, state, browser) is None


def test_another_browser_uses_it_up_and_gains_nothing(bare) -> None:
    state, browser = start_sign_in(bare)
    _, other = start_sign_in(bare)

    assert take_sign_in(bare, state, other) is None
    assert take_sign_in(bare, state, browser) is None


def test_nothing_that_is_kept_finishes_it(bare) -> None:
    state, browser = start_sign_in(bare)

    with bare.store.engine.connect() as connection:
        kept = str(connection.execute(text("SELECT * FROM people_sign_ins")).all())
    assert state not in kept
    assert browser not in kept


def test_those_nobody_finished_are_forgotten(bare, clock) -> None:
    for _ in range(3):
        start_sign_in(bare)
    clock.move(hours=1)
    start_sign_in(bare)

    with bare.store.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM people_sign_ins")).scalar() == 1
