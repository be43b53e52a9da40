"""Proves that the README promises only what is there: its verbs, its links, and its example of a job."""

import os
import re
import sys
import types
from pathlib import Path

import pytest

from shared.jobs.definitions import JobDefinition
from tests.conformance.services import ROOT

READMES = (ROOT / "README.md", ROOT / "shared" / "README.md", *sorted((ROOT / "services").glob("*/README.md")))
README = READMES[0].read_text(encoding="utf-8")


@pytest.mark.parametrize("verb", sorted(set(re.findall(r"tools/[a-z]+(?:/[a-z-]+)?(?=[\s`\])])", README))))
def test_a_verb_that_the_readme_names_exists(verb: str) -> None:
    path = ROOT / verb

    assert path.is_dir() or os.access(path, os.X_OK)


@pytest.mark.parametrize("readme", READMES, ids=[str(path.relative_to(ROOT)) for path in READMES])
def test_links_between_files_lead_somewhere(readme: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", readme.read_text(encoding="utf-8"))
    local = [link for link in links if "://" not in link]

    assert [link for link in local if not (readme.parent / link).exists()] == []


def test_the_example_of_a_job_declares_the_job_that_the_text_submits(monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    module = types.ModuleType("readme_example")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(code, "README.md", "exec"), vars(module))

    (definition,) = [value for value in vars(module).values() if isinstance(value, JobDefinition)]

    assert f"{definition.name.replace('-', '_')}.py" in README
    assert f'"name": "{definition.name}"' in README
    assert "second run" in (definition.function.__doc__ or "")
