"""What differs between versions of CRD."""

from cds_hooks.desk import Topic
from cds_hooks.dialects import CRD_2_0, CRD_2_2, DIALECTS
from cds_hooks.offered import VERSIONS
from profiles.issues import Kind


def test_every_version_that_is_offered_is_spoken() -> None:
    assert set(VERSIONS) == DIALECTS.keys()


def test_only_2_2_refuses_a_body_that_is_no_hook_call_as_unreadable() -> None:
    assert (CRD_2_2.not_hooks, CRD_2_0.not_hooks) == (Kind.UNREADABLE, Kind.INVALID)
    assert (CRD_2_2.unusable_coverage, CRD_2_0.unusable_coverage) == (Kind.UNREADABLE, None)


def test_only_2_0_lacks_a_place_on_vision_prescriptions() -> None:
    assert CRD_2_2.annotated - CRD_2_0.annotated == {"VisionPrescription"}


def test_topics_without_a_code_go_by_another() -> None:
    assert CRD_2_2.topics_instead == {}
    assert CRD_2_0.topics_instead == {Topic.UNSOLICITED_DETERMINATION: Topic.COVERAGE_INFO}
