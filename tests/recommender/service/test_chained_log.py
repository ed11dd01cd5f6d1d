"""The hash chain: any byte that changes is found, and so is a line that is cut off."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg.errors import ResourceError
from recommender.service.chained_log import ChainedLog, read_log, verify_log


def write(path: Path, num: int) -> None:
    log = ChainedLog(path)
    for i in range(num):
        log.append({"who": f"ann {i}", "what": "line\u2028break\nand é"})
    log.close()


def test_a_log_goes_on_after_a_restart_and_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    write(path, 2)
    write(path, 3)
    assert verify_log(path).num_lines == 5
    assert verify_log(path).broken_line is None
    assert [entry["seq"] for entry in read_log(path, newest=2)] == [5, 4]
    assert [entry["seq"] for entry in read_log(path, newest=2, before=3)] == [2, 1]
    assert [entry["seq"] for entry in read_log(path, newest=2, before=99)] == [5, 4]
    assert read_log(path, newest=2, before=1) == []


def test_a_change_of_any_byte_is_found(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    write(path, 3)
    whole = path.read_bytes()
    for i in range(len(whole)):
        changed = bytes([whole[i] ^ 1])
        path.write_bytes(whole[:i] + changed + whole[i + 1 :])
        assert verify_log(path).broken_line is not None, (i, whole[i : i + 1], changed)


def test_removed_swapped_and_cut_lines_are_found(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    write(path, 3)
    first, second, third = path.read_bytes().splitlines(keepends=True)
    for lines in ([first, third], [second, first, third], [first, second], [first, second, third, third], []):
        path.write_bytes(b"".join(lines))
        assert verify_log(path).broken_line is not None


def test_entries_written_together_are_a_chain_too(tmp_path: Path) -> None:
    path = tmp_path / "feedback.jsonl"
    log = ChainedLog(path)
    log.append({"n": 1}, {"n": 2})
    log.append({"n": 3})
    log.close()
    assert verify_log(path).broken_line is None
    assert [(entry["n"], entry["seq"]) for entry in read_log(path, newest=5)] == [(3, 3), (2, 2), (1, 1)]


def test_a_log_that_lost_lines_is_not_written_on(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    write(path, 2)
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    with pytest.raises(ResourceError, match="lost lines"):
        ChainedLog(path)


def test_a_line_written_just_before_a_crash_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    write(path, 1)
    head = (tmp_path / "audit.head").read_bytes()
    write(path, 1)
    (tmp_path / "audit.head").write_bytes(head)
    write(path, 1)
    assert verify_log(path).broken_line is None


def test_only_one_service_writes(tmp_path: Path) -> None:
    log = ChainedLog(tmp_path / "audit.jsonl")
    with pytest.raises(ResourceError, match="Another service"):
        ChainedLog(tmp_path / "audit.jsonl")
    log.close()
