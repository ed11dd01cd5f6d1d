"""Speed and quality of the recommender on the private patients.

    python benchmarks/recommend.py --graph embedded:.theragraph/graph --data ../shared/data [--part speed …]

Parts: speed, batch, synthea, mapping, allergies, hypotheses, and threshold, which needs the model that was trained on
the graph (--model; `theragraph demo` leaves one in .theragraph/demo/model). Every number is printed with what it was
measured on; nothing of the data is copied. A reference operation (sorting 100,000 numbers) stands beside the times: it
tells how fast the machine was.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gnn.folders import dev_pairs_of, read_folder
from gnn.predict import score_pairs
from gnn.task import to_places
from kg.status import count_edges, count_nodes
from kg.store import GraphStore, open_graph
from ontologies.biolink import Predicate
from recommender.candidates import find_candidates
from recommender.hypotheses import PhenotypeIndex
from recommender.patient import Condition, Mapping, Patient
from recommender.read_eicu import read_eicu
from recommender.read_mimic import read_mimic
from recommender.read_patient import find_patient_files, read_patient
from recommender.recommend import Recommender
from recommender.safety.allergy import check_allergy
from recommender.safety.gate import is_blocked
from recommender.safety.verdict import worst
from recommender.situation import build_situation

NUM_BATCH = 1_000
FIRST_PATIENT = Path(__file__).parents[1] / "examples" / "patients" / "interaction.json"


def main() -> None:
    """Run the chosen parts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--graph", default="embedded:.theragraph/graph")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--part", nargs="*", default=list(PARTS), choices=[*PARTS, "threshold"])
    parser.add_argument("--model", type=Path, default=Path(".theragraph/demo/model"))
    arguments = parser.parse_args()
    if "threshold" in arguments.part:
        return measure_threshold(arguments.graph, arguments.model)
    with open_graph(arguments.graph) as store:
        show("reference: sorting 100,000 numbers", reference())
        started, cpu = time.perf_counter(), time.process_time()
        recommender = Recommender.open(store).warm()
        recommender.recommend(read_patient(FIRST_PATIENT))
        seconds = f"{time.perf_counter() - started:.2f} s, CPU of this process {time.process_time() - cpu:.2f} s"
        show("cold plan (knowledge read and indexed, the first patient planned)", seconds)
        # Counted afterwards: counting would warm the server.
        nodes = count_nodes(store)
        show("graph", f"{sum(nodes.values())} nodes, {sum(count_edges(store).values())} edges")
        for part in arguments.part:
            PARTS[part](recommender, store, arguments.data)


def show(what: str, value: object) -> None:
    """Print one number."""
    print(f"{what:<76} {value}")


def synthea(data: Path) -> list[Patient]:
    """The Synthea patients as of the last day of their record, none of them counted as dead."""
    patients = [read_patient(path) for path in find_patient_files(data / "synthea_fhir_r4" / "bundles")]
    return [replace(p, deceased=False, as_of=last_day(p)) for p in patients]


def last_day(patient: Patient) -> date:
    """The newest day that a value of the record carries."""
    times = [m.origin.time for m in patient.measurements] + [m.origin.time for m in patient.medications]
    newest = max((t[:10] for t in times if len(t) >= 10), default="")
    return date.fromisoformat(newest) if newest else patient.as_of


def measure_speed(recommender: Recommender, store: GraphStore, data: Path) -> None:
    """Warm plans, mapping included; beside them a sort of 100,000 numbers as the machine's yardstick."""
    patients = synthea(data)
    for patient in patients:
        recommender.recommend(patient)
    calls = [partial(recommender.recommend, p) for p in patients for _ in range(5)]
    seconds = sorted(map(timed, calls))
    cpu = sorted(timed(call, time.process_time) for call in calls)
    middle, tail = (1e3 * percentile(seconds, percent) for percent in (50, 99))
    show("warm plan p50 / p99 (Synthea)", f"{middle:.1f} / {tail:.1f} ms")
    middle, tail = (1e3 * percentile(cpu, percent) for percent in (50, 99))
    show("  the same in CPU time of this process", f"{middle:.1f} / {tail:.1f} ms")
    show("reference: sorting 100,000 numbers", reference())


def measure_batch(recommender: Recommender, store: GraphStore, data: Path) -> None:
    """Bundles read from disk and planned, the same files over and over until there are 1,000."""
    files = list(find_patient_files(data / "synthea_fhir_r4" / "bundles"))
    wanted = [files[i % len(files)] for i in range(NUM_BATCH)]
    for name, clock in (("wall", time.perf_counter), ("CPU", time.process_time)):
        seconds = timed(lambda: sum(1 for _ in recommender.recommend_batch(wanted)), clock)
        show(f"batch of 1,000 Bundles, one process, reading included, by {name} time", f"{NUM_BATCH / seconds:.0f}/s")


def measure_synthea(recommender: Recommender, store: GraphStore, data: Path) -> None:
    """Coverage of the conditions, and whether the drug that was requested stands among the first three."""
    plans = [recommender.recommend(p) for p in synthea(data)]
    conditions = [c for plan in plans for c in plan.conditions]
    treated = sum(c.is_treated for c in conditions)
    show("active, mapped conditions with a gate-passing option", share(treated, len(conditions)))
    show("blocked drugs in any plan", sum(is_blocked(line.verdicts) for plan in plans for line in plan.lines))
    hits = [hit for p in synthea(data) for hit in requested_hits(recommender, p)]
    show("requested drug among the first three", share(sum(ours for ours, _ in hits), len(hits)))
    floor = sum(by_floor for _, by_floor in hits)
    show("  popularity floor: the three candidates that treat most conditions", share(floor, len(hits)))


def requested_hits(recommender: Recommender, patient: Patient) -> Iterator[tuple[bool, bool]]:
    """For every condition that a drug was requested for: is it in our first three, is it in the floor's."""
    mapped = recommender.map(patient)
    for condition in mapped.conditions:
        wanted = {c for m in mapped.medications if m.reason == condition.concept.text for c in m.concept.curies}
        if wanted and condition.concept.curies:
            yield requested_hit(recommender, mapped, condition, wanted)


def requested_hit(
    recommender: Recommender, patient: Patient, condition: Condition, wanted: set[str]
) -> tuple[bool, bool]:
    """The plan as it would have been made before the request: the condition active, its drugs not yet taken."""
    others = tuple(m for m in patient.medications if m.reason != condition.concept.text)
    before = replace(patient, conditions=(replace(condition, status="active"),), medications=others)
    plan = recommender.recommend_mapped(before)
    ours = {d.curie for line in plan.lines[:3] for d in line.drugs}
    return bool(wanted & ours), bool(wanted & popular(recommender, before, condition.concept.curies[0]))


def popular(recommender: Recommender, patient: Patient, condition: str) -> set[str]:
    """The three candidates that treat the most conditions in the graph."""
    knowledge = recommender.knowledge
    candidates, _ = find_candidates(condition, build_situation(patient, knowledge), knowledge)
    drugs = {d for c in candidates for d in c.drugs}
    return set(sorted(drugs, key=lambda d: (-len(knowledge.conditions_of.get(d, ())), d))[:3])


def measure_mapping(recommender: Recommender, store: GraphStore, data: Path) -> None:
    """How much of each data set's conditions, drugs and allergies has a concept in this graph."""
    sets: dict[str, Callable[[], Iterable[Patient]]] = {
        "synthea": lambda: synthea(data),
        "mimic3_demo": lambda: read_mimic(data / "mimic3_demo"),
        "eicu_demo": lambda: read_eicu(data / "eicu_demo"),
    }
    for name, read in sets.items():
        counts: Counter[tuple[str, bool]] = Counter()
        num = 0
        for patient in map(recommender.map, read()):
            num += 1
            recommender.recommend_mapped(patient)
            counts.update(("conditions", c.concept.mapping is not Mapping.UNMAPPED) for c in patient.conditions)
            counts.update(("drugs", m.concept.mapping is not Mapping.UNMAPPED) for m in patient.medications)
            counts.update(("allergies", a.concept.mapping is not Mapping.UNMAPPED) for a in patient.allergies)
        show(f"{name}: patients planned without an exception", num)
        for kind in ("conditions", "drugs", "allergies"):
            total = counts[kind, True] + counts[kind, False]
            if total:
                show(f"  {kind} mapped", share(counts[kind, True], total))


def measure_allergies(recommender: Recommender, store: GraphStore, data: Path) -> None:
    """What the gate says of every substance that eICU records an allergy to, were it given again, or of its class.

    Every stay is planned for; an allergy without a concept counts as listed only when the plan lists it.
    """
    known, counts, num = recommender.knowledge, Counter[str](), 0
    for patient in map(recommender.map, read_eicu(data / "eicu_demo")):
        num, situation = num + 1, build_situation(patient, known)
        listed = {u.text for u in recommender.recommend_mapped(patient).unmapped if u.kind == "allergy"}
        for allergy in patient.allergies:
            drugs = [d for c in allergy.concept.curies for d in known.members_of.get(c, (c,))]
            said = [worst(check_allergy(drug, situation, known)) for drug in drugs]
            unmapped = "unmapped, listed" if allergy.concept.text in listed else "lost"
            counts.update([min(said, key=lambda outcome: outcome.rank).value if said else unmapped])
    show("eICU: stays planned without an exception", num)
    show("eICU: recorded allergies", sum(counts.values()))
    for outcome, count in sorted(counts.items()):
        show(f"  {outcome}", count)


def measure_hypotheses(recommender: Recommender, store: GraphStore, data: Path) -> None:
    """Published cases: rank of the diagnosis among all diseases of the graph that have phenotypes."""
    index = recommender.phenotypes
    place = {d: i for i, d in enumerate(index.diseases)}
    xrefs = {x: c.curie for c in recommender.knowledge.concepts.values() if c.curie in place for x in c.xrefs}
    ours, floor = [], []
    for case in read_cases(data):
        disease = case.disease if case.disease in place else xrefs.get(case.disease, "")
        if disease in place and case.observed:
            ours.append(rank_of(index.score(case.observed, case.excluded), place[disease]))
            floor.append(rank_of(overlap(index, case.observed), place[disease]))
    for name, ranks in (("best-match similarity", ours), ("floor: information content of shared terms", floor)):
        top = [float(np.mean(np.array(ranks) <= k)) for k in (1, 10)]
        show(f"diagnosis, {name}: top-1 / top-10 (n={len(ranks)})", f"{top[0]:.3f} / {top[1]:.3f}")


def measure_threshold(graph: str, model: Path) -> None:
    """How many of the links that a model adds are treatments that it never saw, by probability.

    The truths are the pairs that the graph states and the model neither trained nor was calibrated on (a tenth), so
    every share is a lower bound: what nobody has stated counts as false. 95 % Wilson intervals.
    """
    folder = read_folder(model)
    task = folder.model.task
    hidden = task.known() > 0
    dev = to_places(task, dev_pairs_of(folder, task.relation))
    hidden[dev[:, 0], dev[:, 1]] = True
    with open_graph(graph) as store:
        edges = store.read_edges(Predicate.from_relationship_type(task.relation))
    truth = np.zeros(hidden.shape, bool)
    names = folder.triples.entities
    heads, tails = ({names[e]: i for i, e in enumerate(side)} for side in (task.heads, task.tails))
    for head, tail in zip(edges.subjects, edges.objects, strict=True):
        if head in heads and tail in tails:
            truth[heads[head], tails[tail]] = True
    truth &= ~hidden
    probability = score_pairs(folder.model).probabilities
    show("pairs that the model never saw; treatments among them", f"{(~hidden).sum()}; {truth.sum()}")
    for threshold in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7):
        chosen = ~hidden & (probability >= threshold)
        if num := int(chosen.sum()):
            hits = int((chosen & truth).sum())
            low, high = wilson(hits, num)
            show(f"  probability {threshold} or more: share that is true", f"{share(hits, num)} [{low:.2f}–{high:.2f}]")


def wilson(hits: int, num: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's 95 % interval of a share (Journal of the American Statistical Association 1927;22:209)."""
    middle = (hits + z * z / 2) / (num + z * z)
    half = z * (hits * (num - hits) / num + z * z / 4) ** 0.5 / (num + z * z)
    return middle - half, middle + half


@dataclass(frozen=True, slots=True)
class Case:
    """One published case: what was seen, what was looked for and absent, the diagnosis."""

    observed: tuple[str, ...]
    excluded: tuple[str, ...]
    disease: str


def read_cases(data: Path) -> Iterator[Case]:
    """The cases of the file, one a line."""
    with gzip.open(data / "phenopackets" / "phenopackets.jsonl.gz", "rt") as handle:
        for row in map(json.loads, handle):
            yield Case(tuple(row["hpo"]), tuple(row["hpo_excluded"]), row["disease"][0][0])


def overlap(index: PhenotypeIndex, observed: Iterable[str]) -> NDArray[np.float64]:
    """The floor: information content of the observed terms that the disease's closure holds."""
    columns = [index.terms[t] for t in observed if t in index.terms]
    held = (index.shares[:, columns] > 0).astype(float)
    return np.asarray(held @ index.information[columns]).ravel()


def rank_of(scores: NDArray[np.float64], place: int) -> float:
    """The realistic rank: ties share their mean."""
    own = scores[place]
    return 1 + float((scores > own).sum()) + (float((scores == own).sum()) - 1) / 2


def reference() -> str:
    """The median of five sorts of the same 100,000 numbers."""
    numbers = random.Random(0)
    values = [numbers.random() for _ in range(100_000)]
    return f"{1e3 * sorted(timed(lambda: sorted(values)) for _ in range(5))[2]:.1f} ms"


def timed(work: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """Seconds that the work takes by a clock."""
    started = clock()
    work()
    return clock() - started


def percentile(ordered: list[float], percent: int) -> float:
    """A percentile of sorted values."""
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def share(part: int, whole: int) -> str:
    """A share with its counts."""
    return f"{part / whole:.3f} ({part}/{whole})" if whole else "none"


PARTS: dict[str, Callable[[Recommender, GraphStore, Path], None]] = {
    "speed": measure_speed,
    "batch": measure_batch,
    "synthea": measure_synthea,
    "mapping": measure_mapping,
    "allergies": measure_allergies,
    "hypotheses": measure_hypotheses,
}

if __name__ == "__main__":
    main()
