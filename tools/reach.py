"""A plugin of pytest that writes down which test reaches which line of the service, and how long it takes.

REACH_FOLDER=reach python -m pytest -p reach …      with this folder on PYTHONPATH; a file for each worker
"""

import json
import os
from collections import defaultdict
from pathlib import Path

import coverage
import pytest

_MEASURED = coverage.Coverage(source=["app"], data_file=None, config_file=False)
_SECONDS: dict[str, float] = defaultdict(float)


def pytest_configure() -> None:
    """Begin before the service is imported."""
    _MEASURED.start()


def pytest_runtest_logstart(nodeid: str) -> None:
    """From now on lines are reached by this test."""
    _MEASURED.switch_context(nodeid)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Add up what the test, and what it stands on, takes."""
    _SECONDS[report.nodeid] += report.duration


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write it all down."""
    _MEASURED.stop()
    data, root = _MEASURED.get_data(), session.config.rootpath
    lines = {
        Path(name).relative_to(root).as_posix(): {
            line: sorted(tests - {""}) for line, tests in contexts.items() if set(tests) - {""}
        }
        for name in data.measured_files()
        for contexts in [{line: set(found) for line, found in data.contexts_by_lineno(name).items()}]
    }
    found = {"seconds": _SECONDS, "lines": lines}
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    Path(os.environ["REACH_FOLDER"], f"{worker}.json").write_text(json.dumps(found), encoding="utf-8")
