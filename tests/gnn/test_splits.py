"""Splits are whole, disjoint, harder where they say so, and kept with hashes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from gnn.read import read_areas, read_dates, read_pairs, read_triples
from gnn.run import train_run
from gnn.settings import TrainSettings
from gnn.splits import build_split, check_split, keep_split
from gnn.triples import Triples, build_triples
from kg.errors import FormatError, InputError, UnknownNameError


def graph(num: int = 40) -> Triples:
    rows = [(f"D::{n % 20:02}", "treats", f"X::{n % 8}") for n in range(num)]
    return build_triples([*rows, *((f"D::{n:02}", "binds", f"G::{n % 3}") for n in range(20))])


def as_set(pairs: np.ndarray) -> set[tuple[int, ...]]:
    return {tuple(pair) for pair in pairs.tolist()}


@pytest.mark.parametrize("by", ["random", "head", "area"])
def test_parts_are_disjoint_and_together_everything(by: str) -> None:
    triples = graph()
    areas = {f"X::{n}": f"area {n}" for n in range(8)}
    split = build_split(triples, "treats", by, seed=1, areas=areas)
    parts = [as_set(part) for part in split.parts.values()]
    assert set.union(*parts) == as_set(triples.pairs_of("treats"))
    assert sum(map(len, parts)) == len(triples.pairs_of("treats"))


@pytest.mark.parametrize(("by", "side"), [("head", 0), ("area", 1)])
def test_what_test_asks_about_is_in_no_other_part(by: str, side: int) -> None:
    areas = {f"X::{n}": f"area {n // 2}" for n in range(8)}
    split = build_split(graph(), "treats", by, seed=0, areas=areas)
    group = {n: areas[f"X::{n}"] for n in range(8)} if side else None
    names = graph().entities

    def groups(pairs: np.ndarray) -> set[str]:
        return {group[int(names[i][3:])] if group else names[i] for i in pairs[:, side].tolist()}

    assert not groups(split.test) & (groups(split.train) | groups(split.dev))
    assert not groups(split.dev) & groups(split.train)


def test_by_time_the_newest_is_test_and_a_date_is_not_torn(tmp_path: Path) -> None:
    lines = [f"D::{n:02}\ttreats\tX::{n % 8}\t{1990 + n // 2}\n" for n in range(20)]
    (tmp_path / "g.tsv").write_text("head\trelation\ttail\tyear\n" + "".join(lines), encoding="utf-8")
    triples, dates = read_triples([tmp_path / "g.tsv"]), read_dates([tmp_path / "g.tsv"], "treats")
    split = build_split(triples, "treats", "time", dates=dates)

    def years(pairs: np.ndarray) -> set[str]:
        return {dates[triples.entities[h], triples.entities[t]] for h, t in pairs.tolist()}

    assert years(split.test) == {"1999"}
    assert years(split.dev) == {"1998"}
    assert years(split.train) == {str(year) for year in range(1990, 1998)}


def test_a_kept_split_names_its_hashes_and_notices_a_change(tmp_path: Path) -> None:
    triples = graph()
    split = build_split(triples, "treats", "random")
    report = keep_split(triples, "treats", split, "random", 0, tmp_path)
    told = json.loads((tmp_path / "split.json").read_text(encoding="utf-8"))
    assert told == report.to_json()
    assert set(told["hashes"]) == {"train.tsv", "dev.tsv", "test.tsv"}
    assert len(read_pairs(tmp_path / "test.tsv", "treats")) == told["pairs"]["test"] == len(split.test)
    kept = read_triples([tmp_path / "train.tsv"])
    assert len(kept.edges) == len(triples.edges) - len(split.dev) - len(split.test)
    check_split(tmp_path)
    (tmp_path / "dev.tsv").write_text("D::00\ttreats\tX::0\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"dev.tsv is not the file that split.json names"):
        check_split(tmp_path)
    settings = TrainSettings("treats", tmp_path / "m", triples=(tmp_path / "train.tsv",), dev=tmp_path / "dev.tsv")
    with pytest.raises(InputError, match="split again"):
        train_run(settings, graph)


def test_the_order_of_the_input_decides_nothing() -> None:
    rows = [(f"D::{n:02}", "treats", f"X::{n % 8}") for n in range(40)]
    first, second = (build_split(build_triples(some), "treats", "head", seed=5) for some in (rows, rows[::-1]))
    assert np.array_equal(first.test, second.test)


def test_what_cannot_be_split_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="area, head, random, time"):
        build_split(graph(), "treats", "luck")
    with pytest.raises(UnknownNameError, match="treats"):
        build_split(graph(), "treets", "random")
    with pytest.raises(InputError, match="leaves train and dev empty"):
        build_split(build_triples([("D::a", "treats", "X::1"), ("D::b", "binds", "X::1")]), "treats", "random")
    with pytest.raises(InputError, match="carry no date; give a column"):
        build_split(graph(), "treats", "time")
    names = [(graph().entities[h], graph().entities[t]) for h, t in graph().pairs_of("treats").tolist()]
    with pytest.raises(InputError, match='"spring" is no date'):
        build_split(graph(), "treats", "time", dates=dict.fromkeys(names, "spring"))
    with pytest.raises(InputError, match="8 tails have no area"):
        build_split(graph(), "treats", "area")
    (tmp_path / "areas.tsv").write_text("X::1\theart\nX::2\n", encoding="utf-8")
    with pytest.raises(FormatError, match="line 2: names no area"):
        read_areas(tmp_path / "areas.tsv")
