"""Every statement that ends a row says whether somebody waits for it: whoever adds one cannot forget the door."""

import re
from pathlib import Path

import shared.jobs

ROOT = Path(shared.jobs.__file__).parent
_ENDS = re.compile(r"UPDATE job SET(?:(?!\"\"\").)*?finished_at = (?!NULL)(?:(?!\"\"\").)*?\"\"\"", re.DOTALL)


def test_every_statement_that_ends_a_job_tells_whether_it_is_awaited() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {' '.join(match[0].split())[:80]}": match[0]
        for path in sorted(ROOT.rglob("*.py"))
        for match in _ENDS.finditer(path.read_text())
    }

    assert len(found) >= 4
    silent = [name for name, text in found.items() if "is_awaited" not in text and "RETURNING {COLUMNS}" not in text]
    assert silent == [], "let it return is_awaited and call Jobs.ended()"
