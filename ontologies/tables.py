"""Reading the tab-separated tables that stand beside this file."""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources


@cache
def read_rows(name: str) -> tuple[dict[str, str], ...]:
    """Return the rows of `ontologies/<name>.tsv` keyed by its header; an unknown cell is "".

    >>> read_rows("lab_measures")[0]["measure"]
    'creatinine_mg_dl'
    """
    with resources.files("ontologies").joinpath(f"{name}.tsv").open(encoding="utf-8") as handle:
        return tuple(csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE))
