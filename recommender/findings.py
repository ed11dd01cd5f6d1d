"""Laboratory values and vital signs that amount to a finding, by the rows of `ontologies/lab_findings.tsv`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from ontologies.tables import read_rows


@dataclass(frozen=True, slots=True)
class LabFinding:
    """A value of `measure` below or above a limit is the finding `curie`."""

    measure: str
    side: str
    limit: float
    curie: str
    name: str

    def holds(self, value: float) -> bool:
        """True when the value lies beyond the limit."""
        return value < self.limit if self.side == "below" else value > self.limit


@cache
def read_lab_findings() -> tuple[LabFinding, ...]:
    """Every row of the table."""
    return tuple(
        LabFinding(r["measure"], r["side"], float(r["limit"]), r["curie"], r["name"]) for r in read_rows("lab_findings")
    )
