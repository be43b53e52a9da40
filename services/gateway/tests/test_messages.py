"""What a service wants of others and is not done, over REST, before a real service."""

from services.gateway.tests.smithy import ROOT, Smithy
from shared.jobs.exchange.outbox import submit_to


def test_messages_are_listed_given_up_tried_again_and_forgotten(smithy: Smithy) -> None:
    ids = [submit_to(smithy.jobs, "risk", "assess", {"coin": number}) for number in range(3)]
    path = f"{ROOT}/messages"

    first = smithy.get(path, state="waiting", limit=2)
    rest = smithy.get(path, state="waiting", limit=2, cursor=first["next_cursor"])
    given_up = smithy.client.post(f"{path}/{ids[0]}/give-up", json={"reason": "wrong coin"}).json()
    failed = smithy.get(path)["items"]
    again = smithy.client.post(f"{path}/{ids[0]}/retry").json()
    refused = smithy.client.delete(f"{path}/{ids[0]}")
    smithy.client.post(f"{path}/{ids[0]}/give-up")
    gone = smithy.client.delete(f"{path}/{ids[0]}")

    assert [each["id"] for each in [*first["items"], *rest["items"]]] == ids
    assert (rest["next_cursor"], first["items"][1]["args"]) == (None, {"coin": 1})
    assert (given_up["state"], given_up["error"]["type"]) == ("failed", "GivenUp")
    assert (failed, failed[0]["error"]["message"]) == ([given_up], "wrong coin")
    assert (again["state"], again["attempts"]) == ("waiting", 0)
    assert (refused.status_code, refused.json()["state"], gone.status_code) == (409, "waiting", 204)
    assert [row["outcome"] for row in smithy.audit()] == ["done", "done", "refused", "done", "done"]


def test_failed_messages_of_one_moment_are_each_on_one_page(smithy: Smithy) -> None:
    ids = {submit_to(smithy.jobs, "risk", "assess", {"coin": number}) for number in range(5)}
    smithy.sql("UPDATE outbox SET state = 'failed', finished_at = now()")

    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = smithy.get(f"{ROOT}/messages", limit=2, **({"cursor": cursor} if cursor else {}))
        seen += [each["id"] for each in page["items"]]
        cursor = page["next_cursor"]

    assert (len(seen), set(seen)) == (5, ids)


def test_unfinished_effects_are_listed_with_their_age(smithy: Smithy) -> None:
    job_id = smithy.submit()
    insert = """
    INSERT INTO job_effect (job_id, generation, name, idempotency_key, state, started_at)
    SELECT CAST(:id AS uuid), 1, 'charge-' || n, 'key-' || n, 'started', now() - make_interval(mins => 10 - n)
    FROM generate_series(1, 3) n
    """
    smithy.sql(insert, id=job_id)

    first = smithy.get(f"{ROOT}/effects", limit=2)
    rest = smithy.get(f"{ROOT}/effects", limit=2, cursor=first["next_cursor"])
    old = smithy.get(f"{ROOT}/effects", older_than_seconds=8 * 60 + 30)["items"]

    assert [each["name"] for each in [*first["items"], *rest["items"]]] == ["charge-1", "charge-2", "charge-3"]
    assert (first["items"][0]["job_id"], first["items"][0]["calls"]) == (job_id, 1)
    assert 540_000 <= first["items"][0]["age_ms"] < 600_000
    assert [each["name"] for each in old] == ["charge-1"]


def test_an_unfinished_effect_is_resolved_once_and_kept(smithy: Smithy) -> None:
    job_id = smithy.submit()
    smithy.sql("INSERT INTO job_effect VALUES (CAST(:id AS uuid), 1, 'charge', 'key', 'started')", id=job_id)
    effect = {"job_id": job_id, "generation": 1, "name": "charge"}

    broken = smithy.client.post(f"{ROOT}/effects/resolve", json={**effect, "result": "x" * 300_000})
    done = smithy.client.post(f"{ROOT}/effects/resolve", json={**effect, "result": {"charge": "c-1"}, "reason": "seen"})
    again = smithy.client.post(f"{ROOT}/effects/resolve", json=effect)

    assert (broken.status_code, broken.json()["field"], done.status_code) == (422, "result", 204)
    assert (again.status_code, again.json()["field"]) == (422, "name")
    assert smithy.get(f"{ROOT}/effects")["items"] == []
    rows = [(row["action"], row["outcome"], row["reason"]) for row in smithy.audit()]
    refused = ("ResolveEffect", "refused", "")
    assert rows == [refused, ("ResolveEffect", "done", "seen"), refused]
