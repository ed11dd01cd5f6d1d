"""A set of keys answers like a set, in memory and on disk."""

from __future__ import annotations

import errno
import tempfile
import tracemalloc
from hashlib import blake2b

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import ResourceError
from kg.key_set import KeySet

KEYS = st.lists(st.integers(0, 255).map(lambda i: bytes([i]) + bytes(15)), max_size=60)


def make_keys(start: int, end: int) -> list[bytes]:
    return [blake2b(str(number).encode(), digest_size=16).digest() for number in range(start, end)]


@pytest.mark.parametrize("in_memory", [1, 7, 1_000])
@given(groups=st.lists(KEYS, max_size=12))
def test_a_key_is_new_once(in_memory: int, groups: list[list[bytes]]) -> None:
    keys, seen = KeySet(in_memory), set[bytes]()
    for group in groups:
        expected = []
        for key in group:
            expected.append(key not in seen)
            seen.add(key)
        assert keys.add(group) == expected


def test_memory_does_not_grow_with_the_keys() -> None:
    keys = KeySet(in_memory=2_000)
    tracemalloc.start()
    peaks = []
    for start in range(0, 150_000, 1_000):
        tracemalloc.reset_peak()
        assert all(keys.add(make_keys(start, start + 1_000)))
        peaks.append(tracemalloc.get_traced_memory()[1])
    tracemalloc.stop()
    assert max(peaks[-100:]) < 2 * max(peaks[:30])
    assert not any(keys.add(make_keys(23_000, 24_000)))


def test_a_full_disk_has_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    keys = KeySet(in_memory=10)
    keys.add(make_keys(0, 10))
    with pytest.raises(ResourceError, match=r"takes no temporary file .No space left on device.; free space there"):
        keys.add(make_keys(10, 20))
