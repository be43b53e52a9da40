"""Owns the demonstration of the whole product over REST. It must never leave behind what it added."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tools.demos.product import product
from tools.demos.rest import Rest, metric_total
from tools.demos.telling import Telling
from tools.supervisor.run_record import RunRecord

TITLE = """Millrace as a whole: PostgreSQL, Valkey, the services market-data and alerts, the gateway, and a sandbox that
plays the price providers. Everything below goes over REST."""
PRICE_SECONDS = 20.0
END_SECONDS = 20.0
QUEUE = "price-updates"
JOB = "update-coin-price"
#: One of the coin, one of the alert, three of the flow, one of the pause.
OWN_ATTEMPTS = 6
FINAL = ("completed", "dead", "cancelled", "expired")


@dataclass(slots=True)
class Tour:
    """What the steps hand on, and what has to be taken away in the end."""

    telling: Telling
    rest: Rest
    record: RunRecord
    #: Attempts that went well before this tour.
    done_before: float
    coin: int = 0
    added: list[str] = field(default_factory=list)

    @property
    def mark(self) -> str:
        """Names of this run's own things."""
        return f"DEMO{self.coin}"

    def submit(self, **more: Any) -> str:
        """A price update of the demonstration's coin; empty when it was refused."""
        status, job = self.rest.call("POST", "/jobs", {"name": JOB, "args": {"coin_id": self.coin}, **more})
        if status != 202:
            self.telling.line("refused", f"{status}: {job}")
            return ""
        return str(job["id"])

    def ended(self, job: str) -> str:
        """The state of a job once it has ended, or where it stands when the time is over."""
        found = self.rest.wait_for(f"/jobs/{job}", lambda body: body.get("state") in FINAL, seconds=END_SECONDS)
        return str(found.get("state", "unknown"))


def main() -> int:
    telling = Telling(TITLE)
    with product(lambda text: telling.line("product", text)) as record:
        telling.line("gateway", record.connections["MILLRACE_URL"])
        rest = Rest(record.connections["MILLRACE_URL"], record.connections["MILLRACE_API_KEY"])
        _show(Tour(telling, rest, record, _attempts_done(record)))
    return telling.end()


def _show(tour: Tour) -> None:
    scenes: tuple[Callable[[Tour], None], ...] = (
        _queues, _price, _alert, _schedule, _flow, _cancel, _pause, _metrics
    )  # fmt: skip
    try:
        for scene in scenes:
            try:
                scene(tour)
            except Exception as error:  # noqa: BLE001  # whatever it is, the scene did not come out as announced
                seen = f"{type(error).__name__}: {error}"
                tour.telling.step(scene.__name__.strip("_"), announced="no error", seen=seen)
    finally:
        _take_away(tour)


def _queues(tour: Tour) -> None:
    tour.telling.scene("1. Queues")
    queues = tour.rest.get("/queues").get("items", [])
    for queue in queues:
        tour.telling.line(queue["service"], queue["name"])
    both = {"alert-processing", QUEUE}
    names = both & {queue["name"] for queue in queues}
    tour.telling.step("queues of both services", announced=", ".join(sorted(both)), seen=", ".join(sorted(names)))


def _price(tour: Tour) -> None:
    tour.telling.scene("2. A new coin gets its first price at once")
    body = {"symbol": "DEMO", "name": "Demonstration", "chain": "ethereum", "address": f"0x{secrets.token_hex(20)}"}
    status, coin = tour.rest.call("POST", "/coins", body)
    tour.telling.step("coin added", announced="201", seen=str(status))
    tour.coin = coin["id"]
    tour.added.append(f"/coins/{tour.coin}")
    price = tour.rest.wait_for(f"/coins/{tour.coin}/price", bool, seconds=PRICE_SECONDS)
    tour.telling.line("price", f"{price.get('price_usd')} USD from {price.get('provider')}")
    tour.telling.step("it has a price", announced="True", seen=str("price_usd" in price))


def _alert(tour: Tour) -> None:
    tour.telling.scene("3. An alert: market-data tells alerts of the next price, over gRPC")
    wish = {"owner": tour.mark, "coin_id": tour.coin, "kind": "price_above", "threshold_usd": "0.000000000001"}
    status, alert = tour.rest.call("POST", "/alerts", wish)
    tour.telling.step("alert made", announced="201", seen=str(status))
    tour.added.append(f"/alerts/{alert['id']}")
    tour.submit()
    triggers = f"/alerts/{alert['id']}/triggers"
    found = tour.rest.wait_for(triggers, lambda body: bool(body.get("items")), seconds=PRICE_SECONDS)
    for trigger in found.get("items", []):
        tour.telling.line("triggered", f"at {trigger['price_usd']} USD, tick {trigger['tick']}")
    tour.telling.step("it has triggered", announced="True", seen=str(bool(found.get("items"))))


def _schedule(tour: Tour) -> None:
    tour.telling.scene("4. A schedule: previewed, made, deleted")
    spec = {"job": JOB, "args": {"coin_id": tour.coin}, "cron": "30 2 * * *", "timezone": "Europe/Berlin"}
    status, preview = tour.rest.call("POST", "/schedules/preview", {**spec, "next_runs": 3})
    runs = preview.get("next_runs", []) if isinstance(preview, dict) else []
    for instant in runs:
        tour.telling.line("would run", str(instant))
    tour.telling.step("previewed, next runs", announced="200, 3", seen=f"{status}, {len(runs)}")
    name = f"{tour.mark}-nightly"
    status, made = tour.rest.call("POST", "/schedules", {"name": name, **spec})
    tour.added.append(f"/schedules/{name}")
    tour.telling.line("reads", str(made.get("description")))
    tour.telling.step("made", announced="201", seen=str(status))
    status, _ = tour.rest.call("DELETE", f"/schedules/{name}")
    tour.telling.step("deleted", announced="204", seen=str(status))
    status, _ = tour.rest.call("GET", f"/schedules/{name}")
    tour.telling.step("gone", announced="404", seen=str(status))


def _flow(tour: Tour) -> None:
    tour.telling.scene("5. A flow of three jobs: two beside each other, one after both")
    args = {"coin_id": tour.coin}
    nodes: list[dict[str, object]] = [{"key": key, "name": JOB, "args": args} for key in ("left", "right")]
    nodes.append({"key": "last", "name": JOB, "args": args, "depends_on": ["left", "right"]})
    status, flow = tour.rest.call("POST", "/flows", {"name": f"{tour.mark}-flow", "nodes": nodes})
    tour.telling.step("accepted as a whole", announced="202", seen=str(status))
    path = f"/flows/{flow['id']}"
    flow = tour.rest.wait_for(path, lambda body: body.get("state") != "running", seconds=END_SECONDS)
    by_key = {node["key"]: node for node in flow["nodes"]}
    for node in flow["nodes"]:
        tour.telling.line(node["key"], f"{node['state']}, from {node['started_at']} to {node['finished_at']}")
    tour.telling.step("ended", announced="completed", seen=str(flow["state"]))
    parents = max(str(by_key[key]["finished_at"]) for key in ("left", "right"))
    is_after = str(by_key["last"]["started_at"]) >= parents
    tour.telling.step("the last began after both", announced="True", seen=str(is_after))


def _cancel(tour: Tour) -> None:
    tour.telling.scene("6. A job for later is cancelled")
    job = tour.submit(scheduled_for=_in(timedelta(minutes=30)))
    tour.telling.step("it waits", announced="scheduled", seen=str(tour.rest.get(f"/jobs/{job}").get("state")))
    status, _ = tour.rest.call("POST", f"/jobs/{job}/cancel", {"reason": "demonstration"})
    tour.telling.step("cancel answered", announced="200", seen=str(status))
    tour.telling.step("it is final", announced="cancelled", seen=tour.ended(job))


def _pause(tour: Tour) -> None:
    tour.telling.scene("7. Why does a job not run? Its queue is paused")
    queues = tour.rest.get("/queues").get("items", [])
    was_paused = any(queue["name"] == QUEUE and queue.get("paused") for queue in queues)
    if was_paused:
        tour.telling.line("skipped", f"{QUEUE} is paused already, by somebody else")
        return
    # With an end, so that a demonstration that is killed here leaves nothing paused.
    pause = {"reason": "demonstration", "until": _in(timedelta(minutes=1))}
    status, _ = tour.rest.call("POST", f"/queues/{QUEUE}/pause", pause)
    try:
        tour.telling.step("paused", announced="200", seen=str(status))
        job = tour.submit()
        why = tour.rest.wait_for(f"/jobs/{job}/why", lambda body: body.get("reason") == "queue_paused", seconds=5)
        tour.telling.line("why", str(why.get("text")))
        tour.telling.step("the reason", announced="queue_paused", seen=str(why.get("reason")))
    finally:
        status, _ = tour.rest.call("POST", f"/queues/{QUEUE}/resume", {"reason": "demonstration"})
    tour.telling.step("resumed", announced="200", seen=str(status))
    tour.telling.step("then it runs", announced="completed", seen=tour.ended(job))


def _metrics(tour: Tour) -> None:
    tour.telling.scene("8. What the metrics of the workers say")
    done = _attempts_done(tour.record) - tour.done_before
    tour.telling.line("done", f"{done:.0f} attempts of {JOB} since this began, those of other coins included")
    tour.telling.step(f"at least the {OWN_ATTEMPTS} of this tour", announced="True", seen=str(done >= OWN_ATTEMPTS))


def _attempts_done(record: RunRecord) -> float:
    workers = [process.health for name, process in record.processes.items() if name.endswith("worker")]
    return sum(metric_total(address, "millrace_job_attempts_total", job=JOB, outcome="done") for address in workers)


def _in(span: timedelta) -> str:
    return (datetime.now(UTC) + span).isoformat()


def _take_away(tour: Tour) -> None:
    for path in reversed(tour.added):
        status, _ = tour.rest.call("DELETE", path)
        if status not in (204, 404):
            tour.telling.step(f"taking {path} away", announced="204", seen=str(status))
