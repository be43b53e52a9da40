"""Proves that each rule finds what breaks it and leaves alone what keeps it."""

from pathlib import PurePosixPath

import pytest

from tools.lint.linter import RULES, lint_source
from tools.lint.source import parse

JOB = "services/risk/jobs/assess_coin_risk.py"
DOMAIN = "services/risk/domain/scoring.py"
TEST = "services/risk/tests/test_scoring.py"

BROKEN = [
    ("environment-access", JOB, "import os\nurl = os.environ['REDIS_URL']\n"),
    ("environment-access", JOB, "import os\nurl = os.environ.get('REDIS_URL')\n"),
    ("environment-access", "shared/db/engine.py", "from os import getenv\nurl = getenv('DATABASE_URL')\n"),
    ("wall-clock", JOB, "import time\nstarted = time.time()\n"),
    ("wall-clock", JOB, "from datetime import UTC, datetime as moment\nstarted = moment.now(UTC)\n"),
    ("wall-clock", JOB, "import datetime as dt\nfactory = dt.datetime.utcnow\n"),
    ("commit", "services/risk/store.py", "def save(session):\n    session.commit()\n"),
    ("redis-key", "shared/jobs/broker.py", "KEY = '{market-data}:queue:prices'\n"),
    ("redis-key", "shared/jobs/broker.py", "def key(service):\n    return f'{{{service}}}:queue'\n"),
    ("log-event", JOB, "def run(log, job):\n    log.info(f'job {job} done')\n"),
    ("log-event", JOB, "def run(self, job):\n    self._log.warning('job %s done' % job)\n"),
    ("log-event", JOB, "def run(ctx, job):\n    ctx.log.bind(a=1).info('job {}'.format(job))\n"),
    ("log-event", JOB, "def run(logger, job):\n    logger.error('job %s failed', job)\n"),
    ("float-money", DOMAIN, "def fee(amount: float) -> None: ...\n"),
    ("float-money", DOMAIN, "FEE = 0.25\n"),
    ("float-money", DOMAIN, "def fee(text):\n    return float(text)\n"),
    ("bare-suppression", JOB, "import os  # noqa: F401\n"),
    ("bare-suppression", JOB, "x = 1  # type: ignore[assignment]\n"),
    ("bare-suppression", JOB, "x = 1  # noqa: E501 # type: ignore\n"),
    ("bare-suppression", JOB, "x = 1  # pragma: no cover\n"),
    ("sleep-in-test", TEST, "import time\ndef test_it():\n    time.sleep(0.1)\n"),
    ("sleep-in-test", "tests/conftest.py", "from time import sleep\ndef wait():\n    sleep(1)\n"),
    ("sleep-in-test", TEST, "import asyncio\nasync def test_it():\n    await asyncio.sleep(1)\n"),
    ("file-size", JOB, "x = 1\n" * 301),
    ("function-size", JOB, "def long():\n" + "    x = 1\n" * 40),
    ("vague-name", "services/risk/utils.py", "x = 1\n"),
    ("vague-name", "shared/helpers/text.py", "x = 1\n"),
    ("duplicate-test", TEST, "def test_a():\n    pass\n\nif True:\n    def test_a():\n        pass\n"),
    ("duplicate-test", TEST, "class TestA:\n    def test_a(self): ...\n    def test_a(self): ...\n"),
]

CLEAN = [
    ("shared/settings.py", "import os\nurl = os.environ['REDIS_URL']\n"),
    ("tools/environment.py", "import os, time\nurl = os.environ['A']\nnow = time.time()\n"),
    (TEST, "import os\nurl = os.environ['REDIS_URL']\n"),
    (JOB, "import os\nfolder = os.path.join('a', 'b')\n"),
    ("shared/clock.py", "from datetime import UTC, datetime\nnow = datetime.now(UTC)\n"),
    (JOB, "import time\nstarted = time.monotonic()\n"),
    (JOB, "from datetime import datetime\nread = datetime.fromisoformat\n"),
    ("shared/db/session.py", "def end(connection):\n    connection.commit()\n"),
    ("shared/jobs/keys.py", "def key(service):\n    return f'{{{service}}}:queue'\n"),
    (
        "shared/jobs/broker.py",
        "'''Keys look like {market-data}:queue.'''\nROUTE = '/jobs/{id}'\nPAIR = f'{ROUTE}: x'\n",
    ),
    (JOB, "def run(log, job):\n    log.info('job done', job=job)\n"),
    (JOB, "def run(log, good):\n    log.info('kept' if good else 'dropped')\n"),
    (JOB, "def show(console, job):\n    console.info(f'{job}')\n"),
    (DOMAIN, "from decimal import Decimal\nFEE = Decimal('0.25')\n"),
    (JOB, "RATIO = 0.5\n"),
    (JOB, "x = 1  # noqa: F401 re-exported for readers\n"),
    (JOB, "x = 1  # type: ignore[arg-type]  # T is a dataclass by contract\n"),
    (JOB, "text = '# noqa'\n"),
    (TEST, "import asyncio\nasync def test_it():\n    await asyncio.sleep(0)\n"),
    (JOB, "import time\ndef pause():\n    time.sleep(1)\n"),
    (JOB, "x = 1\n" * 300),
    (JOB, "def long():\n    '''One.\n\n    Two.\n    '''\n" + "    x = 1\n" * 39),
    (JOB, "def outer():\n    def inner():\n" + "        x = 1\n" * 30 + "    def other():\n" + "        x = 1\n" * 30),
    ("services/risk/domain/scoring.py", "x = 1\n"),
    (TEST, "class TestA:\n    def test_a(self): ...\nclass TestB:\n    def test_a(self): ...\n"),
]


@pytest.mark.parametrize(("rule", "path", "text"), BROKEN)
def test_a_rule_finds_what_breaks_it(rule: str, path: str, text: str) -> None:
    findings = lint_source(parse(text, PurePosixPath(path)))

    assert [finding.rule for finding in findings] == [rule]


@pytest.mark.parametrize(("path", "text"), CLEAN)
def test_clean_code_has_no_finding(path: str, text: str) -> None:
    assert lint_source(parse(text, PurePosixPath(path))) == []


def test_every_rule_has_a_snippet_that_breaks_it() -> None:
    assert {rule for rule, _, _ in BROKEN} == set(RULES)
