"""Which queue a line waits in: the first row that matches, and a table nobody can leave a hole in."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_um.cases.model import PENDED, Priority, ReviewType
from fhir_um.cases.routing import Flag, Routing, RoutingFault, Traits, read_routing
from fhir_um.policy.load import shipped_policies
from fhir_um.store.routed import shipped_queues, shipped_routing

HEAD = "id,order,queue,beside,states,review_types,specialties,lines_of_business,priorities,flags\n"
LAST = "Z,99,rest,no,,,,,,\n"
QUEUES = ("a", "b", "rest")

TRAITS = st.builds(
    Traits,
    st.sampled_from(sorted(PENDED)),
    st.sampled_from(sorted(ReviewType)),
    st.sampled_from(["imaging", "surgery", "pharmacy", "astrology", ""]),
    st.sampled_from(["MA", "COMM", ""]),
    st.sampled_from(sorted(Priority)),
    st.frozensets(st.sampled_from(list(Flag))),
)


def traits(state: str = "nurse-review", specialty: str = "", review: str = "prospective", *flags: Flag) -> Traits:
    return Traits(state, review, specialty, "COMM", "standard", frozenset(flags))


def routing(*rows: str) -> Routing:
    return read_routing(HEAD + "".join(f"{row}\n" for row in rows) + LAST, QUEUES)


@pytest.mark.parametrize(
    ("line", "queue"),
    [
        (traits("intake-review"), "intake"),
        (traits("pended-info", "imaging"), "information-out"),
        (traits("nurse-review", "imaging"), "nurse-imaging"),
        (traits("nurse-review", "durable-equipment"), "nurse-dme"),
        (traits("nurse-review", "pharmacy"), "nurse-drug"),
        (traits("nurse-review", "genetics"), "nurse-general"),
        (traits("nurse-review"), "nurse-general"),
        (traits("nurse-review", "surgery", "concurrent"), "concurrent"),
        (traits("nurse-review", "surgery", "retrospective"), "retrospective"),
        (traits("nurse-review", "surgery", "prospective", Flag.INFORMATION_OVERDUE), "information-overdue"),
        (traits("physician-review", "surgery", "concurrent"), "physician"),
        (traits("specialist-review", "surgery"), "specialist"),
    ],
)
def test_the_shipped_table_routes(line: Traits, queue: str) -> None:
    assert shipped_routing().queues_of(line) == (queue,)


def test_what_is_late_or_spoken_about_waits_beside_its_own_queue() -> None:
    line = traits("physician-review", "", "prospective", Flag.LATE, Flag.PEER_TO_PEER_SCHEDULED)

    assert shipped_routing().queues_of(line) == ("late", "peer-to-peer", "physician")


@settings(max_examples=60)
@given(TRAITS)
def test_every_line_waits_somewhere_and_somebody_works_there(line: Traits) -> None:
    found = shipped_routing().queues_of(line)

    assert found
    assert len(set(found)) == len(found)
    assert set(found) <= set(shipped_queues().by_name)


def test_specialties_of_the_shipped_table_are_those_of_policies() -> None:
    known = {policy.specialty for policy in shipped_policies().policies}
    named = {word for rule in shipped_routing().rules for word in rule.specialties}

    assert named <= known


def test_the_order_decides_and_not_the_place_in_the_file() -> None:
    table = routing("B,20,b,no,,,imaging,,,", "A,10,a,no,nurse-review,,imaging,,,")

    assert table.queues_of(traits(specialty="imaging")) == ("a",)
    assert table.queues_of(traits("physician-review", "imaging")) == ("b",)
    assert table.queues_of(traits()) == ("rest",)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("A,1,a,no,asleep,,,,,", "row A: unknown states: asleep"),
        ("A,1,a,no,approved,,,,,", "row A: unknown states: approved"),
        ("A,1,a,no,,someday,,,,", "row A: unknown review types: someday"),
        ("A,1,a,no,,,,,at-once,", "row A: unknown priorities: at-once"),
        ("A,1,a,no,,,,,,blue", "row A: unknown flags: blue"),
        ("A,1,c,no,,,,,,", "row A: nobody works in the queue c"),
        ("A,one,a,no,,,,,,", "row A: order is a whole number"),
        ("A,1,a,maybe,,,,,,", "row A: beside is yes or no"),
        (",1,a,no,,,,,,", "row 1: it needs an id"),
        ("A,1,a,no,,,,", "row A: it has too many cells, or too few"),
        ("Z,1,a,no,nurse-review,,,,,", "row Z is there twice"),
        ("A,1,a,no,,,,,,", "row Z is unreachable"),
        ("A,1,a,no,nurse-review,,,,,\nB,2,b,no,nurse-review,,imaging,,,", "row B is unreachable"),
        ("A,1,a,no,nurse-review,,,,,\nB,1,b,no,,,imaging,,,", "rows A and B have the same order and overlap"),
    ],
)
def test_a_faulty_table_is_refused(row: str, told: str) -> None:
    with pytest.raises(RoutingFault, match=told):
        routing(row)


def test_rows_that_together_take_everything_make_the_next_one_unreachable() -> None:
    first = "A,1,a,no,,,,,standard,\nB,1,b,no,,,,,expedited,"

    with pytest.raises(RoutingFault, match="row C is unreachable"):
        routing(first, "C,2,a,no,nurse-review,,,,standard expedited,")


@pytest.mark.parametrize("last", ["", "Y,99,rest,no,nurse-review,,,,,\n", "Y,99,rest,yes,,,,,,\n"])
def test_a_table_without_a_last_row_is_refused(last: str) -> None:
    with pytest.raises(RoutingFault, match="the last row must take whatever is left"):
        read_routing(f"{HEAD}A,1,a,no,intake-review,,,,,\n{last}", QUEUES)


def test_columns_that_are_others_are_refused() -> None:
    with pytest.raises(RoutingFault, match="the columns must be"):
        read_routing("id,queue\n", QUEUES)
