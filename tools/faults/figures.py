"""Owns the counts that a run tells of itself, so that a rule which had nothing to judge is seen. Never a verdict."""

from collections import Counter

from tools.faults import oracle, records
from tools.faults.evidence import Evidence


def figures_of(evidence: Evidence) -> dict[str, int]:
    """By name, in the order in which they are told."""
    starts = Counter(line.job_id for line in evidence.lines if line.kind == oracle.START)
    return {
        "submissions": len(evidence.promises.tried),
        "rolled back": len(evidence.promises.void),
        "completed": sum(row.state == "completed" for row in evidence.rows),
        "dead as meant": sum(row.state == "dead" and row.reason != "crashed" for row in evidence.rows),
        "dead by crashes": sum(row.reason == "crashed" for row in evidence.rows),
        "bodies started": sum(starts.values()),
        "cancelled": sum(row.state == "cancelled" for row in evidence.rows),
        **{f"{verb} granted": count for verb, count in sorted(evidence.wished.granted.items())},
        "outside calls": sum(line.kind == oracle.CALL for line in evidence.lines),
        "ticks": len(evidence.ticks),
        "given back": sum(each.kind == "released" for each in evidence.seen),
        "losses of the index": len(evidence.losses),
        **_labours(evidence),
    }


def _labours(evidence: Evidence) -> dict[str, int]:
    states = Counter((row.name, row.state) for row in evidence.rows)
    noted = Counter(record.what for record in evidence.noted)
    said = Counter(line.kind for line in evidence.lines)
    return {
        "flows": len(evidence.remains.flows),
        "nodes": len(evidence.remains.nodes),
        "remote nodes": sum(node.is_remote for node in evidence.remains.nodes),
        "callbacks run": states["callback", "completed"],
        "waiters": noted[records.WAIT],
        "asked for a key": noted[records.UNIQUE],
        "found its job": sum(
            r.what == records.UNIQUE and r["id"] is not None and not r["is_fresh"] for r in evidence.noted
        ),
        "in lines": noted[records.LINE],
        "in rooms": said[oracle.LEFT],
        "in groups": states["grouped", "completed"],
        "calls behind the circuit": said[oracle.DIALS],
        "turns of the circuit": len(evidence.remains.turns),
        "let through unasked": len(evidence.unasked),
        "points spent": sum(int(line.detail) for line in evidence.lines if line.kind == oracle.SPENT),
        "parts walked": len(evidence.remains.parts),
        "given up in time": states["hasty", "expired"] + states["hurried", "dead"] + states["hurried", "expired"],
        "ends told": noted[records.TOLD],
    }
