"""Dangers that every pharmacist knows, written down without looking at the tables: what the gate must say of each.

The expectations come from product labels and boxed warnings as generally known (*recalled*), not from our rows, so a
row that is lost or was never written shows here.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from recommender.map_patient import map_patient
from recommender.read_yaml import read_plain
from recommender.safety.gate import CHECKS
from recommender.safety.verdict import Check, Outcome, worst
from recommender.situation import build_situation
from tests.recommender.memory_graph import starter_recommender

DAY = date(2026, 9, 14)
BLOCKED, CAUTION = Outcome.BLOCKED, Outcome.CAUTION
Danger = tuple[str, dict[str, Any], Outcome]


def outcome(check: Check, drug: str, facts: dict[str, Any]) -> Outcome:
    """The check's worst word on a drug for a middle-aged patient with the facts."""
    recommender = starter_recommender()
    document = {"patient_id": "p", "sex": "female", "age_years": 45, "conditions": ["gout"], **facts}
    patient = map_patient(read_plain(document, as_of=DAY), recommender.codes)
    assert patient.unmapped == (), patient.unmapped
    (curie,) = recommender.codes.drugs_by_name[drug]
    return worst(CHECKS[check](curie, build_situation(patient, recommender.knowledge), recommender.knowledge))


def takes(*drugs: str) -> dict[str, Any]:
    return {"medications": list(drugs)}


def has(*conditions: str) -> dict[str, Any]:
    return {"conditions": list(conditions)}


def egfr(value: float) -> dict[str, Any]:
    return {"measurements": {"egfr_ml_min_1_73m2": value, "creatinine_mg_dl": 90 / value, "weight_kg": 60}}


INTERACTIONS: list[Danger] = [
    ("sildenafil", takes("isosorbide mononitrate"), BLOCKED),
    ("tadalafil", takes("nitroglycerin"), BLOCKED),
    ("simvastatin", takes("clarithromycin"), BLOCKED),
    ("simvastatin", takes("itraconazole"), BLOCKED),
    ("sacubitril", takes("enalapril"), BLOCKED),
    ("fluoxetine", takes("phenelzine"), BLOCKED),
    ("sertraline", takes("linezolid"), CAUTION),
    ("tramadol", takes("phenelzine"), BLOCKED),
    ("pethidine", takes("phenelzine"), BLOCKED),
    ("tizanidine", takes("ciprofloxacin"), BLOCKED),
    ("tizanidine", takes("fluvoxamine"), BLOCKED),
    ("colchicine", takes("clarithromycin"), CAUTION),
    ("azathioprine", takes("allopurinol"), CAUTION),
    ("methotrexate", takes("trimethoprim"), CAUTION),
    ("lithium", takes("ibuprofen"), CAUTION),
    ("lithium", takes("lisinopril"), CAUTION),
    ("lithium", takes("hydrochlorothiazide"), CAUTION),
    ("theophylline", takes("ciprofloxacin"), CAUTION),
    ("clopidogrel", takes("omeprazole"), CAUTION),
    ("verapamil", takes("metoprolol"), CAUTION),
    ("digoxin", takes("amiodarone"), CAUTION),
    ("warfarin", takes("amiodarone"), CAUTION),
    ("warfarin", takes("fluconazole"), CAUTION),
    ("warfarin", takes("metronidazole"), CAUTION),
    ("warfarin", takes("acetylsalicylic acid"), CAUTION),
    ("spironolactone", takes("ramipril"), CAUTION),
    ("ivabradine", takes("clarithromycin"), BLOCKED),
    ("rivaroxaban", takes("ketoconazole"), CAUTION),
    ("tacrolimus", takes("clarithromycin"), CAUTION),
    ("isotretinoin", takes("doxycycline"), BLOCKED),
    ("carbamazepine", takes("voriconazole"), BLOCKED),
    ("apixaban", takes("rifampicin"), CAUTION),
    ("methotrexate", takes("ibuprofen"), CAUTION),
    ("pimozide", takes("clarithromycin"), BLOCKED),
    ("ergotamine", takes("clarithromycin"), BLOCKED),
    ("sumatriptan", takes("ergotamine"), BLOCKED),
    ("morphine", takes("diazepam"), CAUTION),
    ("tamoxifen", takes("paroxetine"), CAUTION),
    ("valproic acid", takes("meropenem"), CAUTION),
    ("levothyroxine", takes("calcium carbonate"), CAUTION),
    ("ciclosporin", takes("simvastatin"), BLOCKED),
    ("aliskiren", takes("ciclosporin"), BLOCKED),
    ("eplerenone", takes("ketoconazole"), BLOCKED),
    ("ranolazine", takes("ketoconazole"), BLOCKED),
    ("dronedarone", takes("ketoconazole"), BLOCKED),
    ("lomitapide", takes("clarithromycin"), BLOCKED),
]
CONTRAINDICATIONS: list[Danger] = [
    ("propranolol", has("asthma"), BLOCKED),
    ("bupropion", has("epilepsy"), BLOCKED),
    ("sumatriptan", has("coronary artery disease"), BLOCKED),
    ("metoclopramide", has("parkinson's disease"), CAUTION),
    ("haloperidol", has("parkinson's disease"), BLOCKED),
    ("ciprofloxacin", has("myasthenia gravis"), CAUTION),
    ("pioglitazone", has("congestive heart failure"), CAUTION),
    ("flecainide", has("coronary artery disease"), CAUTION),
    ("cilostazol", has("congestive heart failure"), BLOCKED),
    ("ibuprofen", has("peptic ulcer disease"), CAUTION),
    ("ibuprofen", has("chronic kidney disease"), CAUTION),
    ("ibuprofen", has("congestive heart failure"), CAUTION),
    ("diltiazem", has("congestive heart failure"), CAUTION),
    ("verapamil", has("congestive heart failure"), CAUTION),
    ("estradiol", has("breast cancer"), BLOCKED),
    ("raloxifene", has("deep vein thrombosis"), BLOCKED),
    ("semaglutide", has("medullary thyroid carcinoma"), BLOCKED),
    ("dapagliflozin", has("type 1 diabetes mellitus"), CAUTION),
    ("hydrochlorothiazide", has("gout"), CAUTION),
    ("amitriptyline", has("angle-closure glaucoma"), CAUTION),
    ("oxybutynin", has("myasthenia gravis"), CAUTION),
    ("warfarin", {"conditions": [{"name": "intracranial hemorrhage", "status": "active"}]}, BLOCKED),
    ("methotrexate", has("liver cirrhosis"), CAUTION),
    ("metformin", has("lactic acidosis"), BLOCKED),
    ("clozapine", has("agranulocytosis"), BLOCKED),
    ("primaquine", has("glucose-6-phosphate dehydrogenase deficiency"), CAUTION),
    ("misoprostol", has("inflammatory bowel disease"), CAUTION),
    ("alendronic acid", has("achalasia"), BLOCKED),
    ("enalapril", has("angioedema"), BLOCKED),
    ("tamsulosin", has("orthostatic hypotension"), CAUTION),
    ("fludrocortisone", has("congestive heart failure"), CAUTION),
]
RENAL: list[Danger] = [
    ("metformin", egfr(25), BLOCKED),
    ("metformin", egfr(40), CAUTION),
    ("nitrofurantoin", egfr(25), CAUTION),
    ("dabigatran", egfr(14), BLOCKED),
    ("methotrexate", egfr(20), BLOCKED),
    ("gabapentin", egfr(40), CAUTION),
    ("enoxaparin", egfr(25), CAUTION),
    ("zoledronic acid", egfr(30), BLOCKED),
    ("ibuprofen", egfr(25), CAUTION),
    ("digoxin", egfr(40), CAUTION),
    ("vancomycin", egfr(40), CAUTION),
    ("gentamicin", egfr(40), CAUTION),
    ("allopurinol", egfr(40), CAUTION),
    ("spironolactone", egfr(20), CAUTION),
    ("lithium", egfr(25), CAUTION),
    ("capecitabine", egfr(25), BLOCKED),
    ("aciclovir", egfr(20), CAUTION),
    ("glibenclamide", egfr(25), CAUTION),
]
PREGNANCY: list[Danger] = [
    (drug, {"pregnant": True}, BLOCKED)
    for drug in (
        "isotretinoin", "methotrexate", "mycophenolate mofetil", "ribavirin", "misoprostol",
        "valproic acid", "enalapril", "losartan", "aliskiren", "finasteride", "leflunomide", "bosentan", "ambrisentan",
        "macitentan", "riociguat", "acitretin",
    )
] + [
    (drug, {"pregnant": True}, CAUTION)
    for drug in ("warfarin", "doxycycline", "topiramate", "carbamazepine", "lithium", "ibuprofen", "atorvastatin",
                 "paroxetine", "thiamazole", "fluconazole", "gentamicin", "amiodarone", "phenytoin")
]  # fmt: skip
AGE: list[Danger] = [
    ("acetylsalicylic acid", {"age_years": 10}, CAUTION),
    ("codeine", {"age_years": 10}, BLOCKED),
    ("tramadol", {"age_years": 10}, BLOCKED),
    ("doxycycline", {"age_years": 5}, CAUTION),
    ("ciprofloxacin", {"age_years": 10}, CAUTION),
    ("ceftriaxone", {"age_years": 0.05}, CAUTION),
    ("diazepam", {"age_years": 80}, CAUTION),
    ("amitriptyline", {"age_years": 80}, CAUTION),
    ("prasugrel", {"age_years": 80}, CAUTION),
]
GENES: list[Danger] = [
    ("abacavir", {"genome": {"HLA-B": "*57:01 positive"}}, BLOCKED),
    ("carbamazepine", {"genome": {"HLA-B": "*15:02 positive"}}, BLOCKED),
    ("allopurinol", {"genome": {"HLA-B": "*58:01 positive"}}, BLOCKED),
    ("capecitabine", {"genome": {"DPYD": "poor metabolizer"}}, BLOCKED),
    ("fluorouracil", {"genome": {"DPYD": "poor metabolizer"}}, BLOCKED),
    ("azathioprine", {"genome": {"TPMT": "poor metabolizer"}}, CAUTION),
    ("mercaptopurine", {"genome": {"NUDT15": "poor metabolizer"}}, CAUTION),
    ("clopidogrel", {"genome": {"CYP2C19": "poor metabolizer"}}, CAUTION),
    ("codeine", {"genome": {"CYP2D6": "ultrarapid metabolizer"}}, BLOCKED),
    ("tramadol", {"genome": {"CYP2D6": "ultrarapid metabolizer"}}, CAUTION),
    ("simvastatin", {"genome": {"SLCO1B1": "poor function"}}, CAUTION),
    ("phenytoin", {"genome": {"CYP2C9": "poor metabolizer"}}, CAUTION),
    ("irinotecan", {"genome": {"UGT1A1": "poor metabolizer"}}, CAUTION),
    ("cetuximab", {"genome": {"KRAS": "G12D"}}, CAUTION),
]
HEPATIC: list[Danger] = [
    ("atorvastatin", {"child_pugh": "C"}, CAUTION),
    ("paracetamol", {"child_pugh": "C"}, CAUTION),
    ("methotrexate", {"child_pugh": "C"}, BLOCKED),
    ("valproic acid", {"child_pugh": "C"}, BLOCKED),
    ("rivaroxaban", {"child_pugh": "B"}, BLOCKED),
    ("bosentan", {"child_pugh": "C"}, BLOCKED),
    ("metformin", {"child_pugh": "C"}, CAUTION),
]
QT: list[Danger] = [
    (drug, {"measurements": {"qtc_ms": 510}}, BLOCKED)
    for drug in ("amiodarone", "sotalol", "dofetilide", "haloperidol", "methadone", "citalopram", "moxifloxacin",
                 "ondansetron")
]  # fmt: skip
ALLERGIES: list[Danger] = [
    ("amoxicillin", {"allergies": ["penicillin"]}, BLOCKED),
    ("piperacillin", {"allergies": ["amoxicillin"]}, BLOCKED),
    ("cefalexin", {"allergies": ["penicillin"]}, CAUTION),
    ("sulfamethoxazole", {"allergies": ["sulfasalazine"]}, CAUTION),
    ("ibuprofen", {"allergies": ["acetylsalicylic acid"]}, CAUTION),
    ("morphine", {"allergies": ["codeine"]}, CAUTION),
    ("azithromycin", {"allergies": ["erythromycin"]}, BLOCKED),
    ("levofloxacin", {"allergies": ["ciprofloxacin"]}, BLOCKED),
    ("lisinopril", {"allergies": ["enalapril"]}, BLOCKED),
]
FOOD: list[Danger] = [
    ("simvastatin", {"lifestyle": {"grapefruit": True}}, CAUTION),
    ("metronidazole", {"lifestyle": {"alcohol": True}}, CAUTION),
    ("disulfiram", {"lifestyle": {"alcohol": True}}, BLOCKED),
    ("diazepam", {"lifestyle": {"alcohol": True}}, CAUTION),
    ("clozapine", {"lifestyle": {"smoking": True}}, CAUTION),
    ("warfarin", {"lifestyle": {"vitamin_k_food": True}}, CAUTION),
    ("phenelzine", {"lifestyle": {"tyramine_food": True}}, CAUTION),
]
DANGERS: list[tuple[Check, Danger]] = [
    (check, danger)
    for check, dangers in (
        (Check.INTERACTION, INTERACTIONS),
        (Check.CONTRAINDICATION, CONTRAINDICATIONS),
        (Check.RENAL, RENAL),
        (Check.PREGNANCY, PREGNANCY),
        (Check.AGE, AGE),
        (Check.PHARMACOGENOMICS, GENES),
        (Check.HEPATIC, HEPATIC),
        (Check.QT, QT),
        (Check.ALLERGY, ALLERGIES),
        (Check.FOOD_LIFESTYLE, FOOD),
    )
    for danger in dangers
]


@pytest.mark.parametrize(
    ("check", "danger"), DANGERS, ids=[f"{c.value}: {d[0]} {next(iter(d[1].values()))}" for c, d in DANGERS]
)
def test_a_known_danger_is_told(check: Check, danger: Danger) -> None:
    drug, facts, expected = danger
    assert outcome(check, drug, facts).rank >= expected.rank
