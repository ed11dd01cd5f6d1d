"""Episodes from the MIMIC-III and eICU demo sets: a check of the pipeline, and no evidence of any benefit.

An episode is a stay; a step is the first dose of one of the drugs given most often, in the order of the record, and
the last step earns +1 for leaving alive and -1 for death. Who dies of what is not the drug's doing, so a policy learnt
from this is `demo` evidence and stays in shadow.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kg.errors import InputError, UnknownNameError
from recommender.csv_tables import read_csv
from recommender.patient import Medication, Patient
from recommender.policy.episodes import check_rows, write_episodes
from recommender.policy.features import fuse_patient
from recommender.policy.feedback import read_feedback
from recommender.read_eicu import read_eicu
from recommender.read_mimic import read_mimic

SOURCES: Final = ("mimic3", "eicu")
NUM_DRUGS: Final = 16
MAX_STEPS: Final = 8
SURVIVED, DIED = 1.0, -1.0


@dataclass(frozen=True, slots=True)
class BuiltEpisodes:
    """What was built: `drugs` names the actions, `num_skipped` counts stays without outcome or without these drugs."""

    num_episodes: int
    num_steps: int
    num_skipped: int
    drugs: tuple[str, ...]


def build_episodes(source: str, folder: Path, out: Path, num_drugs: int = NUM_DRUGS) -> BuiltEpisodes:
    """Read a demo set and write its episodes; UnknownNameError for another source, InputError when none is usable."""
    if source not in SOURCES:
        raise UnknownNameError("episode source", source, SOURCES)
    patients = list(read_mimic(folder) if source == "mimic3" else read_eicu(folder))
    outcomes = _read_mimic_outcomes(folder) if source == "mimic3" else _read_eicu_outcomes(folder)
    drugs = find_common_drugs(patients, num_drugs)
    rows = [row for p in patients for row in to_rows(p, outcomes.get(p.patient_id), drugs)]
    if not rows:
        raise InputError(f'"{folder}" holds no stay with an outcome and a common drug; give the whole data set.')
    episodes = check_rows(rows, folder)
    write_episodes(episodes, out)
    return BuiltEpisodes(episodes.num_episodes, len(rows), len(patients) - episodes.num_episodes, drugs)


def build_from_feedback(log: Path, out: Path) -> BuiltEpisodes:
    """Write a feedback log as episodes with described options; errors as `read_feedback`."""
    episodes = read_feedback(log)
    write_episodes(episodes, out)
    return BuiltEpisodes(episodes.num_episodes, int(episodes.action.size), 0, ())


def find_common_drugs(patients: Iterable[Patient], num_drugs: int) -> tuple[str, ...]:
    """The names of the drugs that most patients were given."""
    counts = Counter(name for p in patients for name in {_name(m) for m in p.medications if _name(m)})
    return tuple(sorted(counts, key=lambda name: (-counts[name], name))[:num_drugs])


def to_rows(patient: Patient, outcome: float | None, drugs: tuple[str, ...]) -> list[dict[str, Any]]:
    """The steps of one stay; none when its outcome is unknown or none of the drugs was given."""
    given = sorted(patient.medications, key=lambda m: m.origin.time)
    actions = list(dict.fromkeys(drugs.index(_name(m)) for m in given if _name(m) in drugs))[:MAX_STEPS]
    if outcome is None:
        return []
    seen, last = list(fuse_patient(patient)), len(actions) - 1
    return [
        {
            "episode_id": patient.patient_id,
            "step": step,
            "observation": seen,
            "action": action,
            "reward": outcome if step == last else 0.0,
            "propensity": None,
            "terminal": step == last,
            "evidence": "demo",
        }
        for step, action in enumerate(actions)
    ]


def _name(medication: Medication) -> str:
    """The first word of a record's drug name: strength, salt and route come after it."""
    words = medication.concept.text.lower().split()
    return words[0].strip(",") if words else ""


def _read_mimic_outcomes(folder: Path) -> Mapping[str, float]:
    """Each subject's last admission: died in it or not."""
    rows = sorted(
        read_csv(folder, "admissions", "subject_id", "dischtime", "hospital_expire_flag"), key=lambda r: r["dischtime"]
    )
    died = {f"mimic-{r['subject_id']}": r["hospital_expire_flag"] == "1" for r in rows}
    return {patient: DIED if is_dead else SURVIVED for patient, is_dead in died.items()}


def _read_eicu_outcomes(folder: Path) -> Mapping[str, float]:
    """Each stay's hospital discharge; an empty status is unknown."""
    status = {"Alive": SURVIVED, "Expired": DIED}
    rows = read_csv(folder, "patient", "patientunitstayid", "hospitaldischargestatus")
    found = {f"eicu-{r['patientunitstayid']}": status.get(r["hospitaldischargestatus"]) for r in rows}
    return {patient: outcome for patient, outcome in found.items() if outcome is not None}
