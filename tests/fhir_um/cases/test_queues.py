"""Who works in which queue: a table whose faults are named."""

import pytest

from fhir_um.cases.queues import LATE, QueuesFault, read_queues
from fhir_um.cases.roles import Role
from fhir_um.store.routed import shipped_queues

HEAD = "queue,title,roles\n"


def test_the_shipped_table_says_who_works_where() -> None:
    queues = shipped_queues()

    assert queues.may_work(Role.NURSE, "nurse-imaging")
    assert not queues.may_work(Role.INTAKE, "nurse-imaging")
    assert not queues.may_work(Role.NURSE, "none such")
    assert queues.of_role(Role.INTAKE) == ("intake", "information-out")
    assert LATE in queues.by_name


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("queue,roles\n", "the columns must be queue, title, roles"),
        (f"{HEAD}late,Late,nurse\nlate,Late,nurse\n", "queue late is there twice"),
        (f"{HEAD}late,Late,nurse wizard\n", "queue late: unknown roles: wizard"),
        (f"{HEAD}late,Late,\n", "queue late: somebody must work in it"),
        (f"{HEAD}late,,nurse\n", "queue late: it needs a title"),
        (f"{HEAD}mine,Mine,nurse\n", "queue mine: a name is lower-case letters"),
        (f"{HEAD}A/B,Odd,nurse\n", "queue A/B: a name is lower-case letters"),
        (f"{HEAD}intake,Intake,nurse\n", "there must be a queue late"),
    ],
)
def test_a_faulty_table_is_refused(text: str, told: str) -> None:
    with pytest.raises(QueuesFault, match=told):
        read_queues(text)


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(QueuesFault, match="queue a: it needs a title; queue b: unknown roles: wizard"):
        read_queues(f"{HEAD}a,,nurse\nb,B,wizard nurse\n")
