"""Splits of a relation's pairs into train, dev and test: at random, or so that test asks something harder.

By head, every pair of a head (a drug) is in one part; by area, every pair of a tail's area (a branch of medicine); by
time, test is the newest and dev the next. A split is kept with the hashes of its parts and what leaks across it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gnn.leakage import Leak, check_leakage
from gnn.model_folder import hash_file
from gnn.triples import Ids, Triples, exclude_pairs
from kg.errors import InputError, ResourceError, UnknownNameError

WAYS = ("random", "head", "area", "time")
DEV_AND_TEST = (0.1, 0.1)
_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


@dataclass(frozen=True, slots=True)
class Split:
    """Disjoint (num_pairs, 2) entity ids; together they are all pairs of the relation."""

    train: Ids
    dev: Ids
    test: Ids

    @property
    def parts(self) -> dict[str, Ids]:
        """The parts by name."""
        return {"train": self.train, "dev": self.dev, "test": self.test}


@dataclass(frozen=True, slots=True)
class SplitReport:
    """What was kept where, with the hash of each file and what leaks."""

    by: str
    relation: str
    seed: int
    num_pairs: dict[str, int]
    hashes: dict[str, str]
    graph_hash: str
    leaks: tuple[Leak, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the content of split.json."""
        return {
            "by": self.by,
            "relation": self.relation,
            "seed": self.seed,
            "pairs": self.num_pairs,
            "hashes": self.hashes,
            "graph_hash": self.graph_hash,
            "leaks": [leak.to_json() for leak in self.leaks],
        }


def build_split(
    triples: Triples,
    relation: str,
    by: str,
    *,
    seed: int = 0,
    areas: Mapping[str, str] | None = None,
    dates: Mapping[tuple[str, str], str] | None = None,
) -> Split:
    """Split the pairs of a relation 80/10/10 by one of the WAYS; InputError when a part would be empty.

    `areas` names each tail's area, `dates` (ISO, or years) each pair's date.
    """
    if by not in WAYS:
        raise UnknownNameError("way to split", by, WAYS)
    pairs = triples.pairs_of(relation)
    if by == "time":
        groups = _by_time(triples, pairs, dates or {})
    elif by == "area":
        groups = _shuffled(_areas_of(triples, pairs, areas or {}), seed)
    else:
        groups = _shuffled(pairs[:, 0] if by == "head" else np.arange(len(pairs)), seed)
    part = _to_parts(groups)
    split = Split(*(pairs[part == number] for number in range(3)))
    empty = [name for name, some in split.parts.items() if not len(some)]
    if empty:
        raise InputError(
            f'Splitting the {len(pairs)} pairs of "{relation}" by {by} leaves {" and ".join(empty)} empty '
            f"({len(np.unique(groups))} groups); give more pairs, or split by another of {', '.join(WAYS)}."
        )
    return split


def _shuffled(group_of: Ids, seed: int) -> Ids:
    """Return each pair's group as its place in a random order of the groups."""
    names, numbers = np.unique(group_of, return_inverse=True)
    order: Ids = np.random.default_rng(seed).permutation(len(names))[numbers.ravel()]
    return order


def _to_parts(groups: Ids) -> Ids:
    """Return 0, 1 or 2 for each pair: the last groups are test, those before dev, until each holds its tenth."""
    sizes = np.bincount(groups)
    behind = np.cumsum(sizes[::-1])[::-1] - sizes
    dev, test = (share * len(groups) for share in DEV_AND_TEST)
    in_test = behind < test
    in_dev = ~in_test & (behind - sizes[in_test].sum() < dev)
    part_of_group = np.where(in_test, 2, np.where(in_dev, 1, 0))
    parts: Ids = part_of_group[groups]
    return parts


def _by_time(triples: Triples, pairs: Ids, dates: Mapping[tuple[str, str], str]) -> Ids:
    names = triples.entities
    told = [dates.get((names[head], names[tail]), "") for head, tail in pairs.tolist()]
    missing = sum(not date for date in told)
    if missing:
        raise InputError(
            f"{missing} of {len(told)} pairs carry no date; give a column `date` or `year` beside head, relation, tail."
        )
    wrong = next((date for date in told if not _DATE.fullmatch(date)), None)
    if wrong is not None:
        raise InputError(f'"{wrong}" is no date; write a year (1998), a month (1998-04) or a day (1998-04-30).')
    groups: Ids = np.unique(np.array(told), return_inverse=True)[1].ravel()
    return groups


def _areas_of(triples: Triples, pairs: Ids, areas: Mapping[str, str]) -> Ids:
    told = [areas.get(triples.entities[tail], "") for tail in pairs[:, 1].tolist()]
    missing = [triples.entities[tail] for tail, area in zip(pairs[:, 1].tolist(), told, strict=True) if not area]
    if missing:
        raise InputError(
            f'{len(set(missing))} tails have no area, such as "{missing[0]}"; name each with its area in --areas FILE.'
        )
    groups: Ids = np.unique(np.array(told), return_inverse=True)[1].ravel()
    return groups


def keep_split(triples: Triples, relation: str, split: Split, by: str, seed: int, out: Path) -> SplitReport:
    """Write train.tsv (the whole graph without the pairs set aside), dev.tsv, test.tsv and split.json."""
    aside = np.concatenate([split.dev, split.test])
    training = exclude_pairs(triples, relation, aside)
    number = triples.relation_id(relation)
    edges = {"train.tsv": training.edges}
    for name, pairs in (("dev.tsv", split.dev), ("test.tsv", split.test)):
        edges[name] = np.stack([pairs[:, 0], np.full(len(pairs), number), pairs[:, 1]], axis=1)
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, rows in edges.items():
            _write_edges(out / name, triples, rows)
        hashes = {name: hash_file(out / name) for name in edges}
        sizes = {name: len(pairs) for name, pairs in split.parts.items()}
        leaks = check_leakage(training, relation, aside)
        report = SplitReport(by, relation, seed, sizes, hashes, training.content_hash, leaks)
        (out / "split.json").write_text(json.dumps(report.to_json(), indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise ResourceError(f"{out} cannot be written: {error.strerror}; choose another folder.") from error
    return report


def check_split(folder: Path) -> None:
    """Raise InputError when a part is not what split.json says; a folder without split.json is no kept split."""
    path = folder / "split.json"
    if not path.is_file():
        return
    told = json.loads(path.read_text(encoding="utf-8"))
    changed: Sequence[str] = [name for name, digest in told["hashes"].items() if hash_file(folder / name) != digest]
    if changed:
        raise InputError(f"{folder / changed[0]} is not the file that split.json names; split again.")


def _write_edges(path: Path, triples: Triples, edges: Ids) -> None:
    entities, relations = triples.entities, triples.relations
    with path.open("w", encoding="utf-8") as stream:
        stream.writelines(f"{entities[h]}\t{relations[r]}\t{entities[t]}\n" for h, r, t in edges.tolist())
