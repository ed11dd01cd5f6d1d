"""De-identification: recall on synthetic notes with planted identifiers, what must stay, offsets, date shifts."""

import random

import pytest

from extraction.deidentify import deidentify, shift_days

FIRST = ["Harold", "Yusra", "Tobiah", "Marguerite", "Quillan", "Zsofia", "Bartholomew", "Ngozi", "Thaddeus", "Oriana"]
LAST = [
    "Benning",
    "Okonkwo-Hale",
    "Tarrantine",
    "Vasarhelyi",
    "Pemberwick",
    "O'Dwyer",
    "Lindgrave",
    "McAllan",
    "Strand",
]
STREETS = ["Maple Hollow Street", "North Kestrel Ave", "Quarry Lane"]
TEMPLATES = """
Patient: {name}   MRN: {mrn}   DOB: {date}|name mrn date
Mr. {last} is a 64-year-old man seen on {date} for hypertension.|last date
Ms. {name} was admitted to {hospital} on {longdate} with pneumonia.|name hospital longdate
{name} is a 57-year-old woman with asthma. She lives in {city}.|name city
Dictated by: {name}, MD. Phone {phone}.|name phone
Discussed with Dr. {last}; results were faxed to {phone}.|last phone
Address: {street}, {city}, OH 44113. Contact {email}.|street city email
Account number {mrn}, SSN {ssn}. Discharged {date}.|mrn ssn date
Referring physician: {name}. Accession # {accession}.|name accession
NAME: {lastfirst}   SEX: F   Admission date: {isodate}|lastfirst isodate
Her daughter {name} can be reached at {phone}.|name phone
Electronically signed by {name}, RN on {date} at 14:05.|name date
cc: Dr. {name}, {hospital}|name hospital
Patient {name}, 45, complains of chest pain since {longdate}.|name longdate
He works at {city} Steel. E-mail: {email}. Insurance ID {accession}.|city email accession
PCP: {name}, {street}. Tel: {phone}|name street phone
{name}, a 71-year-old man, was transferred from {hospital}.|name hospital
The patient was accompanied by his wife, {first}. Next of kin: {name}.|first name
Dear Dr. {last}, thank you for referring {name}, seen {date}.|last name date
Medical record number {mrn}. Visit www.portal-{mrn}.org from IP 10.12.0.7.|mrn
""".strip().splitlines()


def plant(template: str, rng: random.Random) -> tuple[str, list[str]]:
    """Return a note and the identifiers that were planted in it."""
    text, fields = template.split("|")
    first, last = rng.choice(FIRST), rng.choice(LAST)
    day, month, year = rng.randint(1, 28), rng.randint(1, 12), rng.randint(1931, 2024)
    values = {
        "first": first,
        "last": last,
        "name": f"{first} {last}",
        "lastfirst": f"{last}, {first}",
        "mrn": str(rng.randint(1_000_000, 99_999_999)),
        "ssn": f"{rng.randint(100, 899)}-{rng.randint(10, 99)}-{rng.randint(1000, 9999)}",
        "date": f"{month:02d}/{day:02d}/{year}",
        "isodate": f"{year}-{month:02d}-{day:02d}",
        "longdate": f"{rng.choice(['March', 'July', 'November'])} {day}, {year}",
        "phone": rng.choice(["({a}) 555-{b}", "{a}-555-{b}", "+1 {a} 555 {b}"]).format(
            a=rng.randint(201, 989), b=rng.randint(1000, 9999)
        ),
        "email": f"{first.lower()}.{year}@mail-example.org",
        "street": f"{rng.randint(1, 9999)} {rng.choice(STREETS)}",
        "city": rng.choice(["Eastbrook", "Lower Tannet", "Mirefield"]),
        "hospital": rng.choice(["Saint Odile Hospital", "Harbor Point Medical Center", "Larkmoor Clinic Hospital"]),
        "accession": f"{rng.choice('ABCX')}{rng.randint(100_000, 999_999)}",
    }  # fmt: skip
    return text.format(**values), [values[f] for f in fields.split()]


def is_left(identifier: str, clean: str) -> bool:
    """Tell whether an identifier, or one word of a name, still stands in a text."""
    words = identifier.replace(",", "").split()
    is_name = all(w in FIRST or w in LAST for w in words)
    return identifier in clean or (is_name and any(w in clean for w in words))


def test_recall_of_planted_identifiers() -> None:
    rng = random.Random(7)
    planted: list[str] = []
    left: list[str] = []
    for template in TEMPLATES * 15:
        note, identifiers = plant(template, rng)
        clean = deidentify(note, "key").text
        planted += identifiers
        left += [i for i in identifiers if is_left(i, clean)]
    assert len(planted) > 600
    assert 1 - len(left) / len(planted) >= 0.97, left


@pytest.mark.parametrize(
    "text",
    [
        "Parkinson disease and Crohn disease were discussed; Hodgkin lymphoma was excluded.",
        "Blood pressure 148/92, heart rate 88, oxygen saturation 97 %.",
        "Metformin 1000 mg twice daily, Lantus 12 units at bedtime.",
        "Ejection fraction 45 %, creatinine 1.42 mg/dL in 2015.",
        "Past Medical History: Hypertension. Physical Exam: Normal.",
        "The patient is a 67-year-old man with grade 3/6 murmur.",
        "Babinski sign absent. Doppler of the Left Leg normal.",
    ],
)
def test_medicine_stays(text: str) -> None:
    assert deidentify(text, "key").text == text


def test_every_offset_stays_valid() -> None:
    text = "Mr. Harold Benning (MRN 4471920), seen March 3, 2020, has asthma. harold@mail-example.org"
    clean = deidentify(text, "key").text
    assert len(clean) == len(text)
    assert clean.index("asthma") == text.index("asthma")


def test_dates_of_one_key_keep_their_distance() -> None:
    clean = deidentify("Admitted 01/05/2023, discharged 01/11/2023.", "a").text
    first, second = clean[9:19], clean[32:42]
    assert (int(second[3:5]) - int(first[3:5])) % 31 in (6, 5, 4, 3)
    assert "2023" not in clean or "01/05" not in clean


def test_shift_is_stable_and_depends_on_key_and_secret() -> None:
    assert shift_days("a") == shift_days("a")
    assert len({shift_days("a"), shift_days("b"), shift_days("a", "s")}) == 3
    assert all(-365 <= shift_days(str(n)) <= -30 for n in range(500))


def test_great_ages_are_capped() -> None:
    assert "97" not in deidentify("She is a 97-year-old woman.", "key").text


def test_name_found_once_is_gone_everywhere() -> None:
    text = "Dr. Pemberwick saw him. Later Pemberwick called."
    assert "Pemberwick" not in deidentify(text, "key").text


def test_what_was_replaced_is_listed_by_kind() -> None:
    kinds = {i.kind for i in deidentify("Ms. Jane Strand, phone 216-555-0143, seen 01/05/2023.", "key").replaced}
    assert kinds == {"NAME", "PHONE", "DATE"}
