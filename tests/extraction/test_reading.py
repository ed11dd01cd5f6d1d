"""How far a reading is, by bytes."""

import gzip
from pathlib import Path

from extraction.read import count_bytes, read_files
from extraction.reading import BYTES_READ, Reading, holds


def write_lines(path: Path, num: int) -> Path:
    lines = "".join(f'{{"id": "{i:04}", "text": "no fever today"}}\n' for i in range(num)).encode()
    path.write_bytes(gzip.compress(lines) if path.suffix == ".gz" else lines)
    return path


def test_each_byte_is_counted_once(tmp_path: Path) -> None:
    files = [write_lines(tmp_path / "a.jsonl", 9), write_lines(tmp_path / "b.jsonl.gz", 9)]
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "n.txt").write_text("Cough.", "utf-8")
    before = BYTES_READ.num
    assert len(list(read_files([*files, tmp_path / "notes"]))) == 19
    on_disk = sum(file.stat().st_size for file in files) + 6
    assert BYTES_READ.num - before == on_disk == count_bytes([*files, tmp_path / "notes"])


def test_a_missing_file_counts_nothing(tmp_path: Path) -> None:
    assert count_bytes([tmp_path / "absent"]) == 0


def test_the_number_of_documents_is_told_from_what_was_read(tmp_path: Path) -> None:
    files = [write_lines(tmp_path / f"{i}.jsonl", 10) for i in range(4)]
    reading = Reading(count_bytes(files))
    assert reading.expected() is None
    told = []
    for _ in reading.watch(read_files(files)):
        told.append(reading.expected())
    assert told[9] == told[19] == told[29] == 40
    assert told[-1] == 40


def test_looking_ahead_loses_nothing() -> None:
    many, items = holds(iter(range(5)), 3)
    assert (many, list(items)) == (True, [0, 1, 2, 3, 4])
    assert holds(iter(range(2)), 3)[0] is False
