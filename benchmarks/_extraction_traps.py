"""The trap suites as a table: every sentence that the tests hold, and what reading without rules would get right."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tests.extraction.test_assertion import TRAPS, assertions_of
from tests.extraction.test_relations import PAIRS, triples


def wilson(right: int, num: int, z: float = 1.96) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927).

    >>> tuple(round(bound, 3) for bound in wilson(95, 100))
    (0.888, 0.978)
    """
    share = right / num
    middle = (share + z * z / (2 * num)) / (1 + z * z / num)
    half = z / (1 + z * z / num) * math.sqrt(share * (1 - share) / num + z * z / (4 * num * num))
    return middle - half, middle + half


def judge_assertions() -> tuple[int, int, int]:
    """Return mentions whose assertion is right, those that are right when every mention is plain, and all."""
    pairs = [
        pair for sentence, expected in TRAPS for pair in zip(assertions_of(sentence), expected.split(","), strict=True)
    ]
    return sum(found == wanted for found, wanted in pairs), sum(wanted == "-" for _, wanted in pairs), len(pairs)


def judge_pairs() -> tuple[int, int, int]:
    """Return sentences of the minimal pairs read right, those right when all say *treats*, and all."""
    read: list[bool] = []
    for drug, condition, treats, causes in PAIRS:
        subject, target = drug.replace(" ", "_"), condition.replace(" ", "_")
        read += [
            triples(sentence) == {(subject, predicate, target)}
            for sentence, predicate in ((treats, "treats"), (causes, "causes"))
        ]
    return sum(read), len(PAIRS), len(read)


def bench_traps() -> None:
    """Print both suites."""
    rows: Sequence[tuple[str, str, tuple[int, int, int]]] = (
        ("assertion", "every mention plain", judge_assertions()),
        ("drug given for / drug caused", "always treats", judge_pairs()),
    )
    print("suite | right | share [95 % interval] | floor")
    for suite, floor, (right, plain, num) in rows:
        low, high = wilson(right, num)
        print(f"{suite} | {right} of {num} | {right / num:.3f} [{low:.3f}-{high:.3f}] | {floor}: {plain / num:.3f}")
