"""A plugin of pytest that writes down which test reaches which line of the service, and how long it takes.

REACH_FOLDER=reach python -m pytest -n 2 -p reach …     with this folder on PYTHONPATH; a file a worker
"""

import json
import os
from collections import defaultdict
from pathlib import Path

import coverage
import pytest


class Reach:
    """What one worker has seen."""

    def __init__(self) -> None:
        """Begin before the service is imported."""
        self.measured = coverage.Coverage(source=["app"], data_file=None, config_file=False)
        self.seconds: dict[str, float] = defaultdict(float)
        self.measured.start()

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """From now on lines are reached by this test."""
        self.measured.switch_context(nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add up what the test, and what it stands on, takes."""
        self.seconds[report.nodeid] += report.duration

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write it all down."""
        self.measured.stop()
        data, root = self.measured.get_data(), session.config.rootpath
        lines: dict[str, dict[int, list[str]]] = {}
        for name in data.measured_files():
            of_module = lines[Path(name).relative_to(root).as_posix()] = {}
            for line, tests in data.contexts_by_lineno(name).items():
                # What is reached while a module is imported is reached by no test.
                of_module[line] = sorted(set(tests) - {""})
        found = {"seconds": self.seconds, "lines": lines}
        file = Path(os.environ["REACH_FOLDER"], f"{os.environ['PYTEST_XDIST_WORKER']}.json")
        file.write_text(json.dumps(found), encoding="utf-8")


def pytest_configure(config: pytest.Config) -> None:
    """The process that hands out the tests runs none itself."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        config.pluginmanager.register(Reach())
