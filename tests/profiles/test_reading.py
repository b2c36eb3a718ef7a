"""Bytes to JSON: limits, exact numbers, exact bytes."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.issues import Kind, Refusal
from profiles.reading import Limits, raw_entries, read_bundle, read_json, write_json

LIMITS = Limits(max_bytes=10_000, max_depth=8, max_entries=3)


@pytest.mark.parametrize("written", [b"1.00", b"0.10", b"-3.500", b"1E+2", b"7", b"123456789012345678.000"])
def test_read_json_keeps_a_number_as_it_was_written(written: bytes) -> None:
    assert write_json(read_json(written, LIMITS)) == written


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"NaN",
        b"[Infinity]",
        b"-Infinity",
        b'{"a": 1} x',
        b'{"a": 1}{"a": 1}',
        b"{'a': 1}",
        b'{"a": 1,}',
        b'"\xff"',
        b'"\\ud800"',
        '"é"'.encode("utf-16"),
        b"1e99999999999999999999",
        b"9" * 5000,
        b"[" * 5000,
        b"[" * 5000 + b"]" * 5000,
        b'{"a": "\x01"}',
    ],
)
def test_read_json_refuses_what_is_not_json(body: bytes) -> None:
    with pytest.raises(Refusal) as refused:
        read_json(body, Limits(100_000, 8, 3))

    assert refused.value.kind is Kind.UNREADABLE


def test_read_json_skips_a_byte_order_mark() -> None:
    assert read_json(b'\xef\xbb\xbf{"a": 1}', LIMITS) == {"a": 1}


def test_read_json_refuses_a_body_over_the_limit() -> None:
    with pytest.raises(Refusal) as refused:
        read_json(b'"' + b"a" * 10_000 + b'"', LIMITS)

    assert refused.value.kind is Kind.TOO_BIG


@pytest.mark.parametrize(("depth", "taken"), [(8, True), (9, False)])
def test_read_json_counts_depth_to_the_last_empty_list(depth: int, taken: bool) -> None:
    body = b"[" * depth + b"]" * depth

    if taken:
        read_json(body, LIMITS)
    else:
        with pytest.raises(Refusal, match="unreadable"):
            read_json(body, LIMITS)


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b'{"resourceType": "Claim", "use": "a", "use": "b"}', (1, 27)),
        (b'{"resourceType":"B","e":\n[{"x":1},{"y":{"use" : 1, "u":2, "use"\n:2}}]}', (2, 16)),
        (b'{"a:b":1,"a:b":2,"c":"\\":"}', (1, 2)),
        (b'\xef\xbb\xbf{"a":1,"\\u0061":2}', (1, 2)),
        (b'{"a.b`[0]": {"Ann Lee": 1,"Ann Lee":2}}', (1, 1)),
    ],
)
def test_read_json_refuses_a_property_written_twice(body: bytes, place: tuple[int, int]) -> None:
    """It says where, by line and column; names of properties may be anybody's words, and are not repeated."""
    with pytest.raises(Refusal) as refused:
        read_json(body, LIMITS)

    (issue,) = refused.value.issues
    assert (refused.value.kind, issue.line, issue.column, issue.path) == (Kind.UNREADABLE, *place, "")
    assert "Ann" not in issue.text


def test_read_json_takes_text_that_looks_like_a_property_written_twice() -> None:
    assert read_json(b'{"a" : "\\"b\\":", "c": ":", "d": [":", "\\"d\\": 1"]}', LIMITS)["a"] == '"b":'


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_read_json_reads_what_write_json_writes(value: object) -> None:
    assert read_json(write_json(value), Limits(100_000, 64, 3)) == value


@given(st.binary(max_size=60))
def test_read_bundle_raises_nothing_but_refusal(body: bytes) -> None:
    with pytest.raises(Refusal):
        read_bundle(body, LIMITS)


@pytest.mark.spec("pas:spec-35")
@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b"[]", ""),
        (b'"Bundle"', ""),
        (b"{}", ""),
        (b'{"resourceType": 1}', ""),
        (b'{"resourceType": "Claim"}', "resourceType"),
        (b'{"resourceType": "Bundle"}', "Bundle.entry"),
        (b'{"resourceType": "Bundle", "entry": []}', "Bundle.entry"),
        (b'{"resourceType": "Bundle", "entry": {"a": 1}}', "Bundle.entry"),
        (b'{"resourceType": "Bundle", "entry": [{}, 1]}', "Bundle.entry[1]"),
    ],
)
def test_read_bundle_refuses_what_is_no_bundle_with_entries(body: bytes, path: str) -> None:
    with pytest.raises(Refusal) as refused:
        read_bundle(body, LIMITS)

    assert refused.value.kind is Kind.UNREADABLE
    assert refused.value.issues[0].path == path


def test_read_bundle_refuses_too_many_entries() -> None:
    with pytest.raises(Refusal) as refused:
        read_bundle(b'{"resourceType": "Bundle", "entry": [{}, {}, {}, {}]}', LIMITS)

    assert refused.value.kind is Kind.TOO_BIG


def test_raw_entries_keeps_the_bytes_of_each_resource() -> None:
    resource = b'{ "resourceType":"Observation",\n "valueDecimal": 1.00 }'
    body = b'\xef\xbb\xbf{"resourceType": "Bundle", "entry": [{"resource": ' + resource + b', "fullUrl": "urn:x"}, {}]}'

    bundle = read_bundle(body, LIMITS)

    assert bundle.entries[0].resource["valueDecimal"] == Decimal("1.00")
    assert (bundle.entries[1].full_url, bundle.entries[1].resource) == ("", {})
    assert raw_entries(body)["urn:x"] == resource


def test_write_json_puts_raw_bytes_in_place() -> None:
    written = write_json({"entry": [{"resource": msgspec.Raw(b'{ "a": 1.0 }')}], "n": Decimal("2.50")})

    assert written == b'{"entry":[{"resource":{ "a": 1.0 }}],"n":2.50}'


def test_a_bundle_without_entries_is_told_all_that_is_missing_around_them() -> None:
    with pytest.raises(Refusal) as refused:
        read_bundle(b'{"resourceType": "Bundle", "type": "collection", "entry": []}', LIMITS)

    assert refused.value.kind is Kind.UNREADABLE
    assert [issue.path for issue in refused.value.issues] == ["Bundle.entry", "Bundle.identifier", "Bundle.timestamp"]


@pytest.mark.parametrize(
    "body", [b"[" + b"[]," * 400_000 + b"[]]", b"[" + b"{}," * 400_000 + b"{}]", b"[" + b"1," * 600_000 + b"1]"]
)
def test_body_of_nothing_but_values_is_not_taken_apart(body: bytes):
    with pytest.raises(Refusal) as refused:
        read_json(body, Limits(max_bytes=10_000_000, max_depth=8, max_entries=3))

    assert refused.value.kind is Kind.TOO_BIG
    assert "values" in refused.value.issues[0].text


def test_a_long_text_is_no_heap_of_values():
    body = b'{"div": "' + b"word, " * 100_000 + b'"}'

    assert len(read_json(body, Limits(max_bytes=10_000_000, max_depth=8, max_entries=3))["div"]) == 600_000
