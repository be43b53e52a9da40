"""Owns the verdict on flows, batches and jobs that wait for jobs: who ran, after whom, and how it ended. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tools.faults.evidence import Evidence, Row
from tools.faults.graph_jobs import BROKEN
from tools.faults.records import FLOW, FLOW_ACKED, WAIT
from tools.faults.remains import FlowNode
from tools.faults.times_of import SLACK_MS, Times
from tools.faults.violations import Violation

FAILED = ("dead", "cancelled", "expired")
DEATHS = ("dead", "expired")


@dataclass(frozen=True, slots=True)
class Fate:
    """What the ends of its parents mean for a node: may it run, must it, has it to wait for all of them."""

    may_run: bool
    must_run: bool
    waits_for_all: bool


def fate(policies: Mapping[str, str], states: Mapping[str, str], ratio: float | None) -> Fate:
    """By the states in which the parents ended."""
    failed = {parent: policy for parent, policy in policies.items() if states[parent] != "completed"}
    kills, starts = "fail_parent" in failed.values(), "continue" in failed.values()
    if kills and starts:  # whichever was told first
        return Fate(may_run=True, must_run=False, waits_for_all=False)
    if kills:
        return Fate(may_run=False, must_run=False, waits_for_all=True)
    if starts:
        return Fate(may_run=True, must_run=True, waits_for_all=False)
    counted = [parent for parent in policies if failed.get(parent) != "remove"]
    is_reached = ratio is None or len(counted) - sum(parent in failed for parent in counted) >= ratio * len(counted)
    return Fate(may_run=is_reached, must_run=is_reached, waits_for_all=True)


def graphs(evidence: Evidence) -> Iterator[Violation]:
    """Whole or not at all, each node's end as its parents' ends say, each callback as all of them say."""
    times, rows = Times(evidence), {row.id: row for row in evidence.rows}
    nodes = defaultdict[str, dict[str, FlowNode]](dict)
    for node in evidence.remains.nodes:
        nodes[node.flow][node.key] = node
    flows = {name: (flow_id, state) for name, flow_id, state in evidence.remains.flows}
    for record in evidence.noted:
        if record.what == FLOW_ACKED and flows.get(record["name"], ("", ""))[0] != record["id"]:
            yield Violation("lost", "", f"flow {record['name']} was acknowledged as {record['id']} and is not there")
        if record.what == FLOW and record["name"] in flows:
            name = record["name"]
            graph = _Graph(name, record["nodes"], record["callbacks"], nodes[name], flows[name][1])
            yield from graph.judged(rows, times)
    for name in set(flows) - {record["name"] for record in evidence.noted if record.what == FLOW}:
        yield Violation("unexpected", "", f"nobody asked for flow {name}")
    yield from remote(evidence)


@dataclass(frozen=True, slots=True)
class _Graph:
    name: str
    plans: dict[str, Any]
    callbacks: list[str]
    nodes: dict[str, FlowNode]
    state: str

    def judged(self, rows: Mapping[str, Row], times: Times) -> Iterator[Violation]:
        wanted = {*self.plans, *(f"{each}()" for each in self.callbacks)}
        if set(self.nodes) != wanted:
            yield Violation("graph", "", f"{self.name} has the nodes {sorted(self.nodes)}, not {sorted(wanted)}")
            return
        live = [node for node in self.nodes.values() if node.state not in ("completed", *FAILED)]
        for node in live:
            yield Violation("stuck", node.job_id, f"node {node.key} of {self.name} is still {node.state}")
        if live:
            return
        states = {key: node.state for key, node in self.nodes.items()}
        awaited = {parent for plan in self.plans.values() for parent in plan["parents"]}
        sinks = {states[key] for key in self.plans if key not in awaited}
        expected = "dead" if sinks & set(DEATHS) else "cancelled" if "cancelled" in sinks else "completed"
        if self.state == "running":
            yield Violation("stuck", "", f"flow {self.name} has ended and says running")
        elif self.state != expected:
            yield Violation("graph", "", f"flow {self.name} is {self.state}, its last nodes say {expected}")
        for key, plan in self.plans.items():
            node, parents = self.nodes[key], [self.nodes[parent].job_id for parent in plan["parents"]]
            end = End(node.job_id, node.state, is_broken=plan["job"] in BROKEN, is_remote=node.is_remote)
            yield from end.judged(fate(plan["parents"], states, plan["ratio"]), parents, rows, times)
        yield from self._callbacks(states, rows, times)

    def _callbacks(self, states: Mapping[str, str], rows: Mapping[str, Row], times: Times) -> Iterator[Violation]:
        ends = [states[key] for key in self.plans]
        last = max(times.ends.get((self.nodes[key].job_id, 1), 0.0) for key in self.plans)
        wanted = {
            "on_success": all(end == "completed" for end in ends),
            "on_complete": True,
            "on_death": any(end in DEATHS for end in ends),
        }
        for each in self.callbacks:
            node = self.nodes[f"{each}()"]
            row = rows.get(node.job_id)
            has_crashed = row is not None and row.reason == "crashed"
            expected = ("dead" if has_crashed else "completed") if wanted[each] else "cancelled"
            if node.state != expected:
                yield Violation("callback", node.job_id, f"{each} of {self.name} is {node.state}, not {expected}")
            began = times.begins.get(node.job_id)
            if began is not None and not wanted[each]:
                yield Violation("callback", node.job_id, f"{each} of {self.name} ran and should not have")
            elif began is not None and each != "on_death" and began < last - SLACK_MS:
                yield Violation("callback", node.job_id, f"{each} of {self.name} ran before all had ended")


@dataclass(frozen=True, slots=True)
class End:
    """How one that waited for others ended."""

    job_id: str
    state: str
    is_broken: bool = False
    is_remote: bool = False

    def judged(self, fate: Fate, parents: list[str], rows: Mapping[str, Row], times: Times) -> Iterator[Violation]:
        """Against what its parents' ends say."""
        began, row = times.begins.get(self.job_id), rows.get(self.job_id)
        has_crashed = row is not None and row.reason == "crashed"
        own = "dead" if self.is_broken or has_crashed else "completed"
        if began is not None and not fate.may_run:
            yield Violation("graph", self.job_id, "it ran although a parent had failed it")
        if fate.must_run and self.state != own:
            yield Violation("graph", self.job_id, f"it is {self.state}, and its parents let it be {own}")
        if not fate.may_run and self.state not in FAILED:
            yield Violation("graph", self.job_id, f"it is {self.state}, and its parents have failed it")
        if self.state == "completed" and not self.is_remote and began is None:
            yield Violation("graph", self.job_id, "it is completed and never ran")
        if began is None or not fate.waits_for_all:
            return
        for parent in parents:
            ended = times.ends.get((parent, 1))
            if ended is None or began < ended - SLACK_MS:
                yield Violation("graph", self.job_id, f"it began before {parent} had ended")


def waiters(evidence: Evidence) -> Iterator[Violation]:
    """A job with depends_on ends as those say that it waits for, and begins after them."""
    times, rows = Times(evidence), {row.id: row for row in evidence.rows}
    by_number = {row.n: row for row in evidence.rows if row.n >= 0}
    for record in evidence.noted:
        row = by_number.get(record["number"]) if record.what == WAIT else None
        if row is None or not row.is_final:
            continue
        states = {parent: rows[parent].state if parent in rows else "gone" for parent in record["parents"]}
        if not set(states.values()) <= {"completed", *FAILED}:
            yield Violation("graph", row.id, "it has ended, and one that it waits for has not")
            continue
        yield from End(row.id, row.state).judged(fate(record["parents"], states, None), list(states), rows, times)


def remote(evidence: Evidence) -> Iterator[Violation]:
    """Behind a row that stands for another service's job there is that job: once, and it ended alike."""
    behind = defaultdict[str, list[Row]](list)
    for row in evidence.rows:
        if row.name == "distant":
            behind[row.key].append(row)
    for node in evidence.remains.nodes:
        if not node.is_remote:
            continue
        found = behind.pop(f"{node.flow}/{node.key}", [])
        if len(found) > 1:
            yield Violation("remote", node.job_id, f"{len(found)} jobs stand behind it, the second is {found[1].id}")
        elif node.state == "completed" and (not found or found[0].state != "completed"):
            state = found[0].state if found else "nothing"
            yield Violation("remote", node.job_id, f"it is completed, behind it is {state}")
    for key, left in behind.items():
        yield Violation("remote", left[0].id, f"no node {key} asked for it")
