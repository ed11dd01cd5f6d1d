"""Cohort counts: exact by hand, noisy as the mechanism says, and only while the budget lasts."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from recommender.service.chained_log import verify_log
from recommender.service.cohort import GROUPS, Question, count_exactly, to_decade, to_facts
from recommender.service.differential_privacy import BudgetError, BudgetLedger, count_privately
from tests.recommender.service.service_world import add_accounts, open_client, sign_in
from tests.recommender.service.test_patient_routes import consent, store
from tests.recommender.worlds import INFECTION, PAIN, PENICILLIN, patient_with, taking

NEEDS = pytest.importorskip("opendp", reason="OpenDP is not installed (extra: privacy)")
RESEARCH: dict[str, Any] = consent("permit", "use", purpose=[{"code": "HRESCH"}])


def facts(**more: Any) -> dict[str, Any]:
    return {"conditions": [INFECTION], "drugs": [], "sex": "male", "age": "40-49", "research": True} | more


def question(*conditions: str, by: str = "") -> Question:
    return Question(frozenset(conditions), frozenset(), by)


def test_exact_counts_are_those_of_a_hand_count() -> None:
    records = [
        ("a", facts()),
        ("a", facts()),  # stored by two accounts
        ("b", facts(sex="female", conditions=[INFECTION, PAIN])),
        ("c", facts(research=False)),
        ("d", facts(conditions=[PAIN])),
    ]
    assert count_exactly(records, question(INFECTION)) == (2,)
    assert count_exactly(records, question(INFECTION, PAIN)) == (1,)
    assert dict(zip(GROUPS["sex"], count_exactly(records, question(by="sex")), strict=True)) == {
        "female": 1,
        "male": 2,
        "other": 0,
        "unknown": 0,
    }


def test_facts_of_a_record() -> None:
    found = to_facts(patient_with(INFECTION, medications=taking(PENICILLIN)), {"resourceType": "Bundle", "entry": []})
    assert found == facts(drugs=[PENICILLIN], research=False)
    assert [to_decade(age) for age in (None, 0, 9, 10, 100, 120)] == [
        "unknown",
        "0-9",
        "0-9",
        "10-19",
        "100 or more",
        "100 or more",
    ]


def test_the_noise_is_the_discrete_laplace_distribution_of_its_epsilon() -> None:
    """Var = 2a / (1 − a)² with a = e^−ε (Inusah and Kozubowski 2006); 4,000 draws, 6 standard errors apart."""
    num, epsilon = 4000, 1.0
    drawn = [n - 1000 for n in count_privately([1000] * num, 1000).counts]
    a = math.exp(-epsilon)
    variance = 2 * a / (1 - a) ** 2
    assert abs(sum(drawn) / num) < 6 * math.sqrt(variance / num)
    assert abs(sum(n * n for n in drawn) / num - variance) < 6 * math.sqrt(5 * variance**2 / num)


def test_counts_are_never_negative_and_their_error_grows_as_epsilon_falls() -> None:
    assert min(count_privately([0] * 500, 100).counts) == 0
    assert count_privately([0], 1000).error < count_privately([0], 100).error


def test_the_ledger_remembers_what_each_analyst_spent(tmp_path: Path) -> None:
    ledger = BudgetLedger(tmp_path / "privacy.jsonl", 1000)
    ledger.pay("ann", 700, "q")
    with pytest.raises(BudgetError, match=r"0\.3 of 1 is left"):
        ledger.pay("ann", 301, "q")
    ledger.pay("bob", 1000, "q")
    ledger.close()
    again = BudgetLedger(tmp_path / "privacy.jsonl", 1000)
    assert (again.left("ann"), again.left("bob"), again.left("eve")) == (300, 0, 1000)
    again.close()
    assert verify_log(tmp_path / "privacy.jsonl").broken_line is None


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    add_accounts(tmp_path, ["clinician", "analyst"])
    with open_client(tmp_path, store_patients=True, timeout_s=60.0) as client:
        yield client


def test_an_analyst_gets_counts_until_the_budget_is_spent(client: TestClient) -> None:
    ann, eve = sign_in(client, "clinician"), sign_in(client, "analyst")
    for number in range(3):
        store(client, ann, RESEARCH, patient_id=f"patient-{number}")
    asked = {"conditions": ["DOID:1"], "by": "sex", "epsilon": 0.6}
    answer = client.post("/v1/cohorts", json=asked, headers=eve)
    assert answer.status_code == 200, answer.text
    assert list(answer.json()["counts"]) == list(GROUPS["sex"])
    assert answer.json()["left"] == 0.4
    assert client.post("/v1/cohorts", json=asked, headers=eve).status_code == 403
    assert client.get("/v1/cohorts/budget", headers=eve).json() == {"budget": 1.0, "left": 0.4}
    assert client.post("/v1/cohorts", json=asked, headers=ann).status_code == 403  # no analyst
    assert client.get("/v1/patients", headers=eve).status_code == 403


@pytest.mark.parametrize("epsilon", [0, -1, 0.0001, 1.5, 1e308, "nan", None])
def test_a_price_that_is_none_is_refused(client: TestClient, epsilon: Any) -> None:
    header = sign_in(client, "analyst")
    assert client.post("/v1/cohorts", json={"epsilon": epsilon}, headers=header).status_code == 422
