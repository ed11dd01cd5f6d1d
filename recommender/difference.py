"""What differs between two plans: after a change of the facts, or between an earlier plan and a new one.

The earlier plan of a follow-up comes as the JSON document that was kept of it, so both are compared as `Standings`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kg.errors import InputError
from recommender.patient import Patient
from recommender.plan import RECOMMENDED, Plan
from recommender.units import read_measures

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Control:
    """Something that a plan asked to measure."""

    regimen: str
    measure: str
    loinc: str
    when: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A regimen's place among its condition's lines, with its score and the table that makes it up."""

    condition: str
    regimen: str
    place: int
    score: int
    contributions: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True, slots=True)
class Standings:
    """What of a plan can be compared. `controls` are those of its recommended lines; `as_of` is ISO."""

    as_of: str
    lines: tuple[Standing, ...]
    excluded: tuple[str, ...]
    controls: tuple[Control, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """A regimen's place and score for one condition before and after; None when it was not, or is no longer, a line."""

    condition: str
    regimen: str
    place_before: int | None
    place_after: int | None
    score_before: int | None
    score_after: int | None
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs between two plans; `moves` holds only regimens that moved or changed their score.

    `due` is what an earlier plan asked to measure and the record does not show since; only a follow-up fills it.
    """

    moves: tuple[Move, ...]
    newly_excluded: tuple[str, ...]
    no_longer_excluded: tuple[str, ...]
    due: tuple[str, ...] = ()


def find_difference(before: Plan | Standings, after: Plan | Standings, due: Iterable[str] = ()) -> Difference:
    """Compare two plans line by line."""
    old, new = (x if isinstance(x, Standings) else to_standings(x) for x in (before, after))
    places, later = ({(s.condition, s.regimen): s for s in x.lines} for x in (old, new))
    moves = [_to_move(key, places.get(key), later.get(key)) for key in dict.fromkeys([*later, *places])]
    return Difference(
        moves=tuple(m for m in moves if (m.place_before, m.score_before) != (m.place_after, m.score_after)),
        newly_excluded=tuple(x for x in new.excluded if x not in old.excluded),
        no_longer_excluded=tuple(x for x in old.excluded if x not in new.excluded),
        due=tuple(due),
    )


def find_due(previous: Standings, patient: Patient) -> tuple[str, ...]:
    """What the previous plan asked to measure of which the record shows no value since.

    Only what has a LOINC code that a measure knows can be looked for; the rest is named as not looked for.
    """
    measures, due = read_measures(), []
    for control in previous.controls:
        measure = measures.get(f"LOINC:{control.loinc}") if control.loinc else None
        asked = f"{control.measure} for {control.regimen} ({control.when})"
        if measure is None:
            due.append(f"{asked}: not looked for, its code names no measure that is read")
        elif not any(m.origin.time[:10] > previous.as_of for m in patient.series(measure.name)):
            due.append(f"{asked}: no value since {previous.as_of}")
    return tuple(dict.fromkeys(due))


def to_standings(plan: Plan) -> Standings:
    """What of a plan can be compared."""
    counts: dict[str, int] = {}
    lines = []
    for line in plan.lines:
        counts[line.condition.name] = counts.get(line.condition.name, 0) + 1
        table = tuple((c.name, c.because, c.value) for c in line.contributions)
        lines.append(Standing(line.condition.name, line.regimen, counts[line.condition.name], line.score, table))
    controls = tuple(
        Control(line.regimen, m.measure, m.loinc, m.when)
        for line in plan.lines
        if line.role == RECOMMENDED
        for m in line.monitoring
    )
    excluded = tuple(f"{' + '.join(d.name for d in e.drugs)} for {e.condition.name}" for e in plan.excluded)
    return Standings(plan.as_of.isoformat(), tuple(lines), excluded, controls)


def read_standings(document: Any, where: str = "the previous plan") -> Standings:
    """The same from the JSON document of an earlier plan; InputError when it is none."""
    try:
        return _Document(document).read()
    except (KeyError, TypeError, IndexError) as error:
        raise InputError(f"{where} is no plan; give what `theragraph recommend … --json` printed.") from error


@dataclass(frozen=True, slots=True)
class _Document:
    """An earlier plan's JSON while it is read; a missing key or a wrong type is a KeyError or TypeError."""

    plan: Mapping[str, Any]

    def read(self) -> Standings:
        counts: dict[str, int] = {}
        lines = []
        for line in self.plan["lines"]:
            condition = str(line["condition"]["name"])
            counts[condition] = counts.get(condition, 0) + 1
            table = tuple((str(c["name"]), str(c.get("because", "")), int(c["value"])) for c in line["contributions"])
            lines.append(Standing(condition, _regimen(line), counts[condition], int(line["score"]), table))
        excluded = tuple(f"{_regimen(e)} for {e['condition']['name']}" for e in self.plan["excluded"])
        return Standings(str(self.plan["as_of"]), tuple(lines), excluded, tuple(self._controls()))

    def _controls(self) -> Iterable[Control]:
        for line in self.plan["lines"]:
            if line["role"] == RECOMMENDED:
                for m in line["monitoring"]:
                    yield Control(_regimen(line), str(m["measure"]), str(m["loinc"]), str(m["when"]))


def _regimen(entry: Mapping[str, Any]) -> str:
    return " + ".join(str(d["name"]) for d in entry["drugs"])


def _to_move(key: Key, old: Standing | None, new: Standing | None) -> Move:
    return Move(
        condition=key[0],
        regimen=key[1],
        place_before=old.place if old else None,
        place_after=new.place if new else None,
        score_before=old.score if old else None,
        score_after=new.score if new else None,
        because=_because(old, new) if old and new else (),
    )


def _because(old: Standing, new: Standing) -> tuple[str, ...]:
    """The contributions that changed."""
    before = {(name, why): value for name, why, value in old.contributions}
    after = {(name, why): value for name, why, value in new.contributions}
    changed = [k for k in dict.fromkeys([*before, *after]) if before.get(k) != after.get(k)]
    return tuple(f"{name} {before.get((name, why), 0):+d} → {after.get((name, why), 0):+d}" for name, why in changed)
