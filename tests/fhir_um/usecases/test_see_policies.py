"""Policies as people read them: every version, the newest by default."""

import pytest

from fhir_um.errors import Kind, Refusal
from fhir_um.usecases.see_policies import read_policy, see_policies


def test_every_version_is_listed_by_id(lite) -> None:
    found = see_policies(lite)

    assert len(found) == len(lite.policies.policies)
    assert [one.id for one in found] == sorted(one.id for one in found)


def test_a_version_is_found_and_another_is_not(lite) -> None:
    newest = read_policy(lite, "home-oxygen")

    assert read_policy(lite, "home-oxygen", newest.version) == newest
    for policy_id, version in (("home-oxygen", "0.0.1"), ("nothing", ""), ("nothing", "1.0.0")):
        with pytest.raises(Refusal) as caught:
            read_policy(lite, policy_id, version)
        assert caught.value.kind is Kind.NOT_FOUND
