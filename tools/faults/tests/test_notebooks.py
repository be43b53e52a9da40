"""What the oracle and the producers' notebook wrote is read back as it was."""

from pathlib import Path

from tools.faults import acknowledgements, oracle
from tools.faults.acknowledgements import Acknowledgements
from tools.faults.oracle import END, START, Oracle


def test_the_oracle_tells_each_moment_in_order(tmp_path: Path) -> None:
    file = tmp_path / "oracle.log"

    for kind in (START, END):
        Oracle(file).write(kind, "job", 2, 3)

    assert [(line.kind, line.job_id, line.generation, line.attempt) for line in oracle.read(file)] == [
        (START, "job", 2, 3),
        (END, "job", 2, 3),
    ]


def test_a_notebook_knows_what_was_promised_and_what_must_not_be(tmp_path: Path) -> None:
    notebook = Acknowledgements(tmp_path / "promises.log")

    kept, void, unknown = (notebook.try_one("plain") for _ in range(3))
    notebook.acked(kept, "job")
    notebook.refused(void)
    notebook.failed(unknown, TimeoutError())

    promises = acknowledgements.read(tmp_path / "promises.log")
    assert promises.acked == {kept: "job"}
    assert promises.void == {void}
    assert set(promises.tried) == {kept, void, unknown}
