"""What an epoch sees."""

import random

from extraction.document import EntityType
from extraction.epochs import plan_epochs, shuffled_batches
from extraction.features import Window
from extraction.swap import Example

BOTH = frozenset({EntityType.DISEASE, EntityType.DRUG})
EXAMPLES = [
    Example("gold", (), BOTH),
    Example("genes", (), frozenset({EntityType.GENE})),
    Example("genes", (), frozenset({EntityType.GENE})),
    Example("no gold", (), frozenset()),
]


def window(text_index: int) -> Window:
    return Window(text_index, (), (), (), ())


def test_copies_take_turns_and_others_are_drawn() -> None:
    # Four texts, of which the first has two windows; two rounds of one copy each.
    plan = plan_epochs([window(i) for i in (0, 0, 1, 2, 3, 4, 5)], EXAMPLES, [1, 1])
    assert (plan.always, plan.others, plan.copies) == ((0, 1, 4), (2, 3), ((5,), (6,)))
    rng = random.Random(0)
    seen = [plan.windows(epoch, 1, rng) for epoch in range(3)]
    assert [s[3] for s in seen] == [5, 6, 5]
    assert all(s[:3] == [0, 1, 4] and s[4] in (2, 3) for s in seen)
    assert sorted(plan.windows(0, 9, rng)) == [0, 1, 2, 3, 4, 5]


def test_batches_hold_every_window_once_within_the_budget() -> None:
    sizes = [5, 90, 40, 7, 41, 3]
    batches = list(shuffled_batches(range(6), sizes, 100, random.Random(1)))
    assert sorted(i for batch in batches for i in batch) == [0, 1, 2, 3, 4, 5]
    assert all(len(batch) * max(sizes[i] for i in batch) <= 100 or len(batch) == 1 for batch in batches)
