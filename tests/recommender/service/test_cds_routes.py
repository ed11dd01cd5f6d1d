"""CDS Hooks 2.0: requests and answers as the standard's text has them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from recommender.policy.log_file import read_lines
from recommender.policy.served import LOG, SLATES
from recommender.service.chained_log import read_log
from tests.recommender.service.service_world import MemoryStore, open_client

SELECT, SIGN, VIEW = (f"/cds-services/theragraph-{h}" for h in ("order-select", "order-sign", "patient-view"))
PATIENT = {"resourceType": "Patient", "id": "1288992", "gender": "male", "birthDate": "1980-12-23"}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with open_client(tmp_path) as client:
        yield client


def coded(kind: str, name: str, **more: Any) -> dict[str, Any]:
    subject = "patient" if kind == "AllergyIntolerance" else "subject"
    return {"resourceType": kind, "code": {"text": name}, subject: {"reference": "Patient/1288992"}, **more}


def order(number: str, drug: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "MedicationRequest",
        "id": number,
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": {"text": drug},
        "subject": {"reference": "Patient/1288992"},
        **more,
    }


def bundle(*resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": r} for r in resources], **more}


ACTIVE = {"clinicalStatus": {"coding": [{"code": "active"}]}}
RECORD: dict[str, Any] = {
    "patient": PATIENT,
    "conditions": bundle(coded("Condition", "infection", **ACTIVE)),
    "medications": bundle(),  # what is taken comes as a statement
    "statements": bundle(
        {
            "resourceType": "MedicationStatement",
            "status": "active",
            "medicationCodeableConcept": {"text": "paracetamol"},
            "subject": {"reference": "Patient/1288992"},
        }
    ),
    "allergies": bundle(coded("AllergyIntolerance", "penicillin", type="allergy")),
    "observations": bundle(),
}


def call(hook: str, prefetch: dict[str, Any] | None = None, **context: Any) -> dict[str, Any]:
    return {
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "fhirServer": "http://169.254.169.254/fhir",
        "hook": hook,
        "fhirAuthorization": {"access_token": "SECRET", "token_type": "Bearer", "expires_in": 300},
        "context": {"userId": "Practitioner/example", "patientId": "1288992", **context},
        "prefetch": RECORD if prefetch is None else prefetch,
    }


def cards_of(client: TestClient, path: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    answer = client.post(path, json=body)
    assert answer.status_code == 200, answer.text
    cards: list[dict[str, Any]] = answer.json()["cards"]
    for card in cards:
        check_card(card)
    return cards


def check_card(card: dict[str, Any]) -> None:
    """The table "Card Attributes" of the standard."""
    assert 0 < len(card["summary"]) < 140
    assert card["indicator"] in {"info", "warning", "critical"}
    assert card["source"]["label"]
    assert ("suggestions" in card) == ("selectionBehavior" in card)
    assert card.get("selectionBehavior", "any") in {"any", "at-most-one"}
    assert all(reason["display"] and reason["code"] for reason in card["overrideReasons"])
    assert all(link["type"] == "absolute" and link["url"] and link["label"] for link in card["links"])
    for action in (a for s in card.get("suggestions", ()) for a in s["actions"]):
        assert action["description"]
        assert action["type"] in {"create", "delete"}
        assert ("resource" in action) == (action["type"] == "create")
        assert ("resourceId" in action) == (action["type"] == "delete")


def test_discovery_names_every_service_with_what_the_standard_requires(client: TestClient) -> None:
    services = client.get("/cds-services").json()["services"]
    assert {s["hook"] for s in services} == {"patient-view", "order-select", "order-sign"}
    for service in services:
        assert service["id"]
        assert service["description"]
        assert service["prefetch"]["patient"] == "Patient/{{context.patientId}}"


def test_patient_view_proposes_what_passed_the_gate(client: TestClient) -> None:
    cards = cards_of(client, VIEW, call("patient-view"))
    assert cards[0]["summary"].startswith("Proposed: ")
    assert "penicillin for" not in cards[0]["summary"]
    created = cards[0]["suggestions"][0]["actions"][0]["resource"]
    assert created["resourceType"] == "MedicationRequest"
    assert created["status"] == "draft"
    assert created["subject"] == {"reference": "Patient/1288992"}


def test_patient_view_abstains_in_words(client: TestClient) -> None:
    record = RECORD | {"conditions": bundle(coded("Condition", "gobbledygook", **ACTIVE))}
    cards = cards_of(client, VIEW, call("patient-view", record))
    assert cards[0]["summary"].startswith("No recommendation: ")
    assert "suggestions" not in cards[0]


def test_an_order_against_an_allergy_is_critical_and_can_be_replaced(client: TestClient) -> None:
    body = call("order-sign", draftOrders=bundle(order("103", "penicillin")))
    (card,) = cards_of(client, SIGN, body)
    assert card["indicator"] == "critical"
    assert card["summary"].startswith("Do not give (allergy): penicillin")
    assert card["selectionBehavior"] == "at-most-one"
    delete, create = card["suggestions"][0]["actions"]
    assert delete == {
        "type": "delete",
        "description": "Remove the order of penicillin",
        "resourceId": "MedicationRequest/103",
    }
    assert create["resource"]["medicationCodeableConcept"]["text"] in {"cephalosporin", "macrolide"}


def test_an_order_that_nothing_speaks_against_has_no_card(client: TestClient) -> None:
    assert cards_of(client, SIGN, call("order-sign", draftOrders=bundle(order("1", "macrolide")))) == []


def test_order_select_judges_the_selected_order_in_the_light_of_the_others(client: TestClient) -> None:
    drafts = bundle(order("1", "warfarin"), order("2", "nsaid"))
    body = call("order-select", draftOrders=drafts, selections=["MedicationRequest/2"])
    (card,) = cards_of(client, SELECT, body)
    assert "nsaid" in card["summary"]
    assert card["summary"].startswith("Do not give (interaction)")


def test_an_order_not_to_give_is_not_read_as_an_order(client: TestClient) -> None:
    drafts = bundle(order("1", "penicillin", doNotPerform=True))
    assert cards_of(client, SIGN, call("order-sign", draftOrders=drafts)) == []


def test_an_order_that_is_signed_again_is_not_its_own_duplicate(client: TestClient) -> None:
    again = order("1", "macrolide")
    record = RECORD | {"medications": bundle(again | {"status": "active"})}
    assert cards_of(client, SIGN, call("order-sign", record, draftOrders=bundle(again))) == []


def test_an_unknown_drug_is_said_to_be_unchecked(client: TestClient) -> None:
    (card,) = cards_of(client, SIGN, call("order-sign", draftOrders=bundle(order("1", "gobbledygook"))))
    assert card["indicator"] == "warning"
    assert card["summary"].startswith("Not assessed")


def test_missing_allergies_are_not_read_as_none(client: TestClient) -> None:
    record = {key: value for key, value in RECORD.items() if key != "allergies"}
    (card,) = cards_of(client, SIGN, call("order-sign", record, draftOrders=bundle(order("1", "macrolide"))))
    assert card["summary"].startswith("Not assessed (allergy)")
    assert "allergies were not sent" in card["detail"]


def test_a_first_page_is_not_taken_for_all(client: TestClient) -> None:
    record = RECORD | {"medications": bundle(link=[{"relation": "next", "url": "http://x"}])}
    cards = cards_of(client, VIEW, call("patient-view", record))
    assert "only the first page of medications was sent" in cards[0]["detail"]


@pytest.mark.parametrize(
    ("path", "change", "status"),
    [
        (VIEW, {"prefetch": {}}, 412),
        (VIEW, {"prefetch": {"patient": {"resourceType": "OperationOutcome"}}}, 412),
        (VIEW, {"prefetch": {"patient": PATIENT}}, 412),
        (VIEW, {"prefetch": RECORD | {"patient": PATIENT | {"id": "other"}}}, 400),
        (VIEW, {"hook": "order-sign"}, 400),
        (VIEW, {"context": {"patientId": "1288992"}}, 400),
        (VIEW, {"context": "x"}, 422),
        (SIGN, {"hook": "order-sign"}, 400),
        ("/cds-services/none", {}, 404),
    ],
)
def test_bad_calls_are_problems(client: TestClient, path: str, change: dict[str, Any], status: int) -> None:
    assert client.post(path, json=call("patient-view") | change).status_code == status


def test_nothing_of_the_call_is_kept(client: TestClient, tmp_path: Path) -> None:
    cards_of(client, VIEW, call("patient-view"))
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"1288992" not in kept
    assert b"SECRET" not in kept


def test_the_standard_s_feedback_is_kept_without_the_comment(client: TestClient, tmp_path: Path) -> None:
    accepted = {
        "card": "4e0a3a1e-3283-4575-ab82-028d55fe2719",
        "outcome": "accepted",
        "acceptedSuggestions": [{"id": "e56e1945-20b3-4393-8503-a1a20fd73152"}],
        "outcomeTimestamp": "2021-12-11T10:05:31Z",
    }
    overridden = {
        "card": "9368d37b-283f-44a0-93ea-547cebab93ed",
        "outcome": "overridden",
        "overrideReason": {"reason": {"code": "d7ecf885", "system": "https://e.org"}, "userComment": "Mr MARKER"},
        "outcomeTimestamp": "2020-12-11T00:00:00Z",
    }
    answer = client.post(f"{SIGN}/feedback", json={"feedback": [accepted, overridden]})
    assert answer.status_code == 200
    kept = read_log(tmp_path / "feedback.jsonl", newest=2)
    assert [entry["outcome"] for entry in kept] == ["overridden", "accepted"]
    assert kept[0]["reason"] == "d7ecf885"
    assert "MARKER" not in json.dumps(kept)
    assert client.post(f"{SIGN}/feedback", json={"feedback": [accepted | {"outcome": "liked"}]}).status_code == 422


def test_feedback_on_a_card_is_joined_to_the_slate_that_it_came_from(tmp_path: Path) -> None:
    slates = tmp_path / SLATES
    slates.touch()
    with open_client(tmp_path / "state") as client:
        card = cards_of(client, VIEW, call("patient-view"))[0]
        (kept,) = read_lines(slates)
        condition, drugs, score = kept["offers"][card["suggestions"][0]["uuid"]]
        shown = {"condition": condition, "drugs": [drugs, ["DRUG:other"]], "shown_scores": [score, 0]}
        learnt = {
            "episode_id": "e",
            "step": 0,
            "policy_version": "base",
            "observation": [1.0],
            "options": [[1.0], [2.0]],
        }
        more = {"base_scores": [1, 0], "groups": {}, "alerts": [False, False], "propensities": [0.7, 0.3]}
        slate = {"patient": kept["patient"], "time": kept["time"], **shown, **learnt, **more}
        slates.write_text(slates.read_text() + json.dumps(slate) + "\n")
        taken = {"card": card["uuid"], "outcome": "accepted", "outcomeTimestamp": "2021-12-11T10:05:31Z"}
        taken["acceptedSuggestions"] = [{"id": card["suggestions"][0]["uuid"]}]
        assert client.post(f"{VIEW}/feedback", json={"feedback": [taken]}).status_code == 200
    (record,) = read_lines(tmp_path / LOG)
    assert (record["action"], record["propensity"]) == (0, 0.7)
    assert record["patient"] == kept["patient"]
    assert record["outcome"]["accepted"]


def test_without_a_policy_no_card_is_kept(tmp_path: Path) -> None:
    with open_client(tmp_path / "state") as client:
        assert cards_of(client, VIEW, call("patient-view"))
    assert not (tmp_path / SLATES).exists()


def test_a_graph_that_is_away_is_a_503(tmp_path: Path) -> None:
    store = MemoryStore()
    store.is_away = True
    with open_client(tmp_path / "away", store) as client:
        assert client.post(VIEW, json=call("patient-view")).status_code == 503
        assert client.get("/cds-services").status_code == 200


def test_a_record_s_markup_stays_text(client: TestClient) -> None:
    hostile = "<script>alert(1)</script>[x](http://evil)"
    (card,) = cards_of(client, SIGN, call("order-sign", draftOrders=bundle(order("1", hostile))))
    assert "<" not in card["detail"]
    assert r"\[x\](" in card["detail"]
