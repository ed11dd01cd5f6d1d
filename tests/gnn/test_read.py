"""Files as users bring them."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from gnn.read import read_names, read_pairs, read_triples
from kg.errors import FormatError, InputError, UnknownNameError


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("header", ["", "head\trelation\ttail\n", "subject\tpredicate\tobject\n"])
def test_a_header_is_recognised(tmp_path: Path, header: str) -> None:
    path = write(tmp_path / "g.tsv", header + "a\tr\tb\nb\tr\tc\n")
    triples = read_triples([path])
    assert triples.entities == ("a", "b", "c")
    assert triples.relations == ("r",)


def test_columns_follow_the_header(tmp_path: Path) -> None:
    path = write(tmp_path / "g.tsv", "tail\tscore\thead\trelation\nb\t1\ta\tr\n")
    triples = read_triples([path])
    assert triples.edges.tolist() == [[0, 0, 1]]


def test_gzip_and_plain_read_the_same(tmp_path: Path) -> None:
    text = "a\tr\tb\n"
    plain = write(tmp_path / "g.tsv", text)
    packed = tmp_path / "g.tsv.gz"
    packed.write_bytes(gzip.compress(text.encode()))
    assert read_triples([packed]).content_hash == read_triples([plain]).content_hash


def test_hetionet_files(tmp_path: Path) -> None:
    nodes = ("id\tname\tkind", "Compound::1\taspirin\tCompound", "Gene::2\tX\tGene", "Gene::3\tY\tGene", "")
    write(tmp_path / "nodes.tsv", "\n".join(nodes))
    (tmp_path / "edges.tsv.gz").write_bytes(
        gzip.compress(b"source\tmetaedge\ttarget\tstatus\nCompound::1\tCbG\tGene::2\texact\n")
    )
    whole = read_triples([tmp_path], file_format="hetionet")
    assert whole.entities == ("Compound::1", "Gene::2", "Gene::3")
    assert whole.names == ("aspirin", "X", "Y")
    beside = read_triples([tmp_path / "edges.tsv.gz"], file_format="hetionet")
    assert beside.content_hash == whole.content_hash


def test_pairs_of_one_relation(tmp_path: Path) -> None:
    path = write(tmp_path / "dev.txt", "a\ttreats\tb\nc\tother\td\n")
    assert read_pairs(path, "treats") == [("a", "b")]
    with pytest.raises(InputError, match="other"):
        read_pairs(path, "cures")


def test_what_spreadsheets_add_is_no_part_of_a_name(tmp_path: Path) -> None:
    path = tmp_path / "sheet.tsv"
    path.write_bytes("\ufeffhead\trelation\ttail\r\na\tr\tb\r\n\r\n".encode())
    triples = read_triples([path])
    assert (triples.entities, triples.relations) == (("a", "b"), ("r",))


def test_names_are_the_first_field(tmp_path: Path) -> None:
    assert read_names(write(tmp_path / "heads.txt", "a\nb\textra\n\na\n")) == ["a", "b"]


def test_bad_files_get_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="line 2"):
        read_triples([write(tmp_path / "short.tsv", "a\tr\tb\na\tr\n")])
    with pytest.raises(FormatError, match="line 2: has an empty field"):
        read_triples([write(tmp_path / "empty.tsv", "a\tr\tb\na\t\tb\n")])
    with pytest.raises(InputError, match="cannot be read"):
        read_triples([tmp_path / "absent.tsv"])
    latin = tmp_path / "latin.tsv"
    latin.write_bytes(b"a\tr\t\xe9\n")
    with pytest.raises(FormatError, match="UTF-8"):
        read_triples([latin])
    broken = tmp_path / "broken.tsv.gz"
    broken.write_bytes(gzip.compress(b"a\tr\tb\n" * 500)[:-12])
    with pytest.raises(FormatError, match="gzip"):
        read_triples([broken])
    with pytest.raises(UnknownNameError, match="hetionet"):
        read_triples([latin], file_format="hetionett")
