"""Episodes: what was seen, done and earned, step by step; read from and written to Parquet or JSON Lines.

Columns: `episode_id`, `step`, `observation` (list of floats, null where a value is missing), `action` (int),
`reward`, `propensity` (null where unknown), `terminal`; optional, each with a value per action: `action_mask` (bool),
`base_scores` (float) and `options` (a list of floats that describes the action, so that its number says nothing);
`evidence` says of a step that is not recorded from care that it is `demo` or `simulated`; `groups` are the groups of
people that its patient belongs to, as an object of strings (`sex`, `age_band`, `ethnicity` …).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from kg.errors import FormatError, InputError, UnknownNameError
from recommender.policy.arrays import Bools, Floats, Ints

REQUIRED: Final = ("episode_id", "step", "observation", "action", "reward", "terminal")
MAX_ACTION: Final = 100_000
EVIDENCE: Final = ("recorded", "demo", "simulated")
_LAYOUT: Final = "see the layout of episodes in the documentation"

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Episodes:
    """N steps, episode by episode; `episode` [N] counts from 0, unknown propensities and values are NaN.

    `groups` has an entry for each episode, or none at all.
    """

    ids: tuple[str, ...]
    episode: Ints
    step: Ints
    observation: Floats
    action: Ints
    reward: Floats
    propensity: Floats
    terminal: Bools
    mask: Bools | None = None
    base: Floats | None = None
    options: Floats | None = None
    evidence: str = EVIDENCE[0]
    groups: tuple[Mapping[str, str], ...] = ()

    @property
    def num_episodes(self) -> int:
        """How many episodes there are."""
        return len(self.ids)

    @property
    def num_actions(self) -> int:
        """One more than the highest action, or the width of masks, base scores or descriptions."""
        widths = [x.shape[1] for x in (self.mask, self.base, self.options) if x is not None]
        return max([int(self.action.max()) + 1, *widths])

    @property
    def is_last(self) -> Bools:
        """Whether a step is the last recorded one of its episode [N]."""
        return np.append(self.episode[1:] != self.episode[:-1], True)

    def returns(self) -> Floats:
        """The undiscounted return of each episode [num_episodes]."""
        return np.asarray(np.bincount(self.episode, self.reward, self.num_episodes), dtype=np.float64)

    def take(self, episodes: Ints) -> Episodes:
        """The given episodes only, in their old order, renumbered."""
        kept = np.isin(self.episode, episodes)
        renumbered = np.cumsum(np.isin(np.arange(self.num_episodes), episodes)) - 1
        return Episodes(
            ids=tuple(self.ids[i] for i in sorted(set(episodes.tolist()))),
            episode=renumbered[self.episode[kept]],
            step=self.step[kept],
            observation=self.observation[kept],
            action=self.action[kept],
            reward=self.reward[kept],
            propensity=self.propensity[kept],
            terminal=self.terminal[kept],
            mask=None if self.mask is None else self.mask[kept],
            base=None if self.base is None else self.base[kept],
            options=None if self.options is None else self.options[kept],
            evidence=self.evidence,
            groups=tuple(self.groups[i] for i in sorted(set(episodes.tolist()))) if self.groups else (),
        )


def read_episodes(path: Path) -> Episodes:
    """Read a `.parquet` or `.jsonl` file; InputError when absent, FormatError naming row and column when wrong."""
    if not path.is_file():
        raise InputError(f'There is no episode file "{path}"; give a .parquet or .jsonl file.')
    rows = list(_read_parquet(path) if path.suffix == ".parquet" else _read_json_lines(path))
    if not rows:
        raise FormatError(path, "holds no step", _LAYOUT)
    return check_rows(rows, path)


def check_rows(rows: Sequence[Row], path: object = "episodes") -> Episodes:
    """Return the rows as episodes; FormatError naming the row (from 1) and the column of the first fault."""
    for number, row in enumerate(rows, 1):
        _check_row(row, len(rows[0]["observation"]) if number > 1 else None, number, path)
    ids = tuple(dict.fromkeys(str(r["episode_id"]) for r in rows))
    place = {name: i for i, name in enumerate(ids)}
    rows = sorted(rows, key=lambda r: (place[str(r["episode_id"])], r["step"]))
    episodes = Episodes(
        ids=ids,
        episode=np.array([place[str(r["episode_id"])] for r in rows], dtype=np.int64),
        step=np.array([r["step"] for r in rows], dtype=np.int64),
        observation=np.array([[_or_nan(x) for x in r["observation"]] for r in rows], dtype=np.float64),
        action=np.array([r["action"] for r in rows], dtype=np.int64),
        reward=np.array([r["reward"] for r in rows], dtype=np.float64),
        propensity=np.array([_or_nan(r.get("propensity")) for r in rows], dtype=np.float64),
        terminal=np.array([r["terminal"] for r in rows], dtype=bool),
        mask=_matrix(rows, "action_mask", path, bool),
        base=_matrix(rows, "base_scores", path, np.float64),
        options=_options(rows, path),
        evidence=weakest_evidence(str(r.get("evidence") or EVIDENCE[0]) for r in rows),
        groups=_groups(rows, ids),
    )
    _check_order(episodes, path)
    return episodes


def _groups(rows: Sequence[Row], ids: Sequence[str]) -> tuple[Mapping[str, str], ...]:
    """What each episode's first step says of its groups; what is null is not recorded."""
    if all(not row.get("groups") for row in rows):
        return ()
    said: dict[str, Mapping[str, str]] = {}
    for row in rows:
        said.setdefault(str(row["episode_id"]), row.get("groups") or {})
    return tuple({str(k): str(v) for k, v in said[name].items() if v is not None} for name in ids)


def weakest_evidence(names: Iterable[str]) -> str:
    """The kind of evidence that counts for the whole: the furthest from care; UnknownNameError for another word."""
    found = set(names)
    for name in found - set(EVIDENCE):
        raise UnknownNameError("evidence", name, EVIDENCE)
    return max(found, key=EVIDENCE.index)


def write_episodes(episodes: Episodes, path: Path) -> None:
    """Write a `.parquet` or, with any other ending, a JSON Lines file."""
    columns = _to_columns(episodes)
    if path.suffix == ".parquet":
        pq.write_table(pa.table(columns), path)
        return
    with path.open("w", encoding="utf-8") as out:
        for values in zip(*columns.values(), strict=True):
            out.write(json.dumps(dict(zip(columns, values, strict=True))) + "\n")


def _to_columns(episodes: Episodes) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {
        "episode_id": [episodes.ids[i] for i in episodes.episode],
        "step": episodes.step.tolist(),
        "observation": [[_or_none(x) for x in row] for row in episodes.observation.tolist()],
        "action": episodes.action.tolist(),
        "reward": episodes.reward.tolist(),
        "propensity": [_or_none(x) for x in episodes.propensity.tolist()],
        "terminal": episodes.terminal.tolist(),
    }
    if episodes.mask is not None:
        columns["action_mask"] = episodes.mask.tolist()
    if episodes.base is not None:
        columns["base_scores"] = episodes.base.tolist()
    if episodes.options is not None:
        columns["options"] = episodes.options.tolist()
    if episodes.groups:
        columns["groups"] = [dict(episodes.groups[i]) for i in episodes.episode]
    if episodes.evidence != EVIDENCE[0]:
        columns["evidence"] = [episodes.evidence] * episodes.action.size
    return columns


def _read_parquet(path: Path) -> Iterator[Row]:
    try:
        yield from pq.read_table(path).to_pylist()
    except (pa.ArrowException, OSError) as error:
        raise FormatError(path, f"cannot be read as Parquet ({error})", "write the file again") from error


def _read_json_lines(path: Path) -> Iterator[Row]:
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield _read_line(line, number, path)
    except UnicodeDecodeError as error:
        raise FormatError(path, "is not UTF-8 text", "give JSON Lines, or Parquet with the ending .parquet") from error


def _read_line(line: str, number: int, path: Path) -> Row:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise FormatError(path, f"is not JSON ({error})", "write one object a line", line=number) from error
    if not isinstance(row, dict):
        raise FormatError(path, "is not an object", "write one object a line", line=number)
    return row


def _check_row(row: Row, width: int | None, number: int, path: object) -> None:
    missing = [name for name in REQUIRED if row.get(name) is None]
    if missing:
        raise _fault(path, number, missing[0], "is missing")
    _check_observation(row["observation"], width, number, path)
    if not _is_int(row["action"]) or not 0 <= row["action"] <= MAX_ACTION:
        raise _fault(path, number, "action", f"is {row['action']!r}, not a whole number from 0 to {MAX_ACTION}")
    if not _is_int(row["step"]) or row["step"] < 0:
        raise _fault(path, number, "step", f"is {row['step']!r}, not a whole number from 0")
    if not _is_number(row["reward"]):
        raise _fault(path, number, "reward", f"is {row['reward']!r}, not a finite number")
    if not isinstance(row["terminal"], bool):
        raise _fault(path, number, "terminal", f"is {row['terminal']!r}, not true or false")
    propensity = row.get("propensity")
    if propensity is not None and not (_is_number(propensity) and 0 < propensity <= 1):
        raise _fault(path, number, "propensity", f"is {propensity!r}, not above 0 and up to 1, nor null")


def _check_observation(observation: Any, width: int | None, number: int, path: object) -> None:
    if not isinstance(observation, list) or not observation:
        raise _fault(path, number, "observation", "is not a list of numbers")
    wrong = [x for x in observation if x is not None and not _is_number(x)]
    if wrong:
        raise _fault(path, number, "observation", f"holds {wrong[0]!r}, neither a finite number nor null")
    if width is not None and len(observation) != width:
        raise _fault(path, number, "observation", f"has {len(observation)} values where row 1 has {width}")


def _check_order(episodes: Episodes, path: object) -> None:
    """Each step once, none after the terminal one."""
    name = [episodes.ids[i] for i in episodes.episode]
    same = episodes.episode[1:] == episodes.episode[:-1]
    for i in np.flatnonzero(same & (episodes.step[1:] == episodes.step[:-1])):
        raise FormatError(path, f"episode {name[i]} has step {episodes.step[i]} twice", _LAYOUT)
    for i in np.flatnonzero(same & episodes.terminal[:-1]):
        raise FormatError(path, f"episode {name[i]} goes on after the terminal step {episodes.step[i]}", _LAYOUT)


def _matrix(rows: Sequence[Row], column: str, path: object, dtype: Any) -> Any:
    """An optional column of lists, all of one width and wide enough for the actions."""
    if all(row.get(column) is None for row in rows):
        return None
    width = len(rows[0].get(column) or ())
    for row in rows:
        values = row.get(column)
        if not isinstance(values, list) or len(values) != width or not all(_is_number(v) for v in values):
            raise FormatError(path, f"column {column} of episode {row['episode_id']} has no {width} values", _LAYOUT)
        if row["action"] >= width:
            raise FormatError(
                path, f"action {row['action']} of episode {row['episode_id']} is beyond {column}", _LAYOUT
            )
    return np.array([row[column] for row in rows], dtype=dtype)


def _options(rows: Sequence[Row], path: object) -> Any:
    """The optional description of every action, all of one shape."""
    if all(row.get("options") is None for row in rows):
        return None
    shape = np.shape(rows[0]["options"])
    for row in rows:
        values = row.get("options") or [[]]
        is_regular = all(isinstance(o, list) and len(o) == len(values[0]) for o in values)
        if not is_regular or np.shape(values) != shape or len(shape) != 2 or row["action"] >= shape[0]:
            raise FormatError(path, f"column options of episode {row['episode_id']} is not {shape} numbers", _LAYOUT)
    return np.array([row["options"] for row in rows], dtype=np.float64)


def _fault(path: object, number: int, column: str, problem: str) -> FormatError:
    return FormatError(path, f"row {number}, column {column} {problem}", _LAYOUT)


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and bool(np.isfinite(value))


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else value
