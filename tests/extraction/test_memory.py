"""What annotators called what."""

import gzip
from pathlib import Path

import pytest

from extraction.memory import NIL, build_memory, read_memory, to_lines
from kg.errors import ModelError
from kg.model import Mention


def mention(text: str, curie: str, kind: str = "drug") -> Mention:
    return Mention("d", 0, len(text), text, kind, curie)


def test_names_are_counted_by_type_and_key() -> None:
    memory = build_memory(
        [mention("ASA", "MESH:D1"), mention("asa", "MESH:D1"), mention("ASA", ""), mention("BRCA1", "X:1", "gene")]
    )
    assert memory.counts == {("drug", "asa"): {"MESH:D1": 2, NIL: 1}}
    assert memory.totals == {"MESH:D1": 2, NIL: 1}


def test_a_memory_survives_the_disk(tmp_path: Path) -> None:
    memory = build_memory([mention("ASA", "MESH:D1|MESH:D2"), mention("ASA", "")])
    with gzip.open(tmp_path / "m.gz", "wt", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in to_lines(memory))
    again = read_memory(tmp_path / "m.gz")
    assert (again.counts, again.totals) == (memory.counts, memory.totals)


def test_a_missing_memory_says_so(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="memory is missing"):
        read_memory(tmp_path / "none.gz")
