"""Hypothesis profiles, and which tests belong to which runner.

`pytest` runs everything but tests/ape; `ape test` runs tests/ape, with Ape's fixtures and a node.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

APE_TESTS = Path(__file__).parent / "ape"
RUN_BY_APE = "ape._cli" in sys.modules

# Who runs the tests in the background may be deaf to ctrl-C, and so would be all that they start.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A shared machine is slow now and then, which is no finding; the time limit of a test is pytest's.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("dev", PATIENT)
settings.register_profile("ci", PATIENT, derandomize=True, print_blob=True)
settings.register_profile("deep", PATIENT, max_examples=10_000, stateful_step_count=200)
# Once for every mutant of the core: few examples, always the same, and none sought smaller.
settings.register_profile(
    "mutation",
    deadline=None,
    derandomize=True,
    max_examples=20,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev")
)


def pytest_configure(config: pytest.Config) -> None:
    """Keep Ape's runner out of plain pytest, where it would start a node around every test."""
    if not RUN_BY_APE:
        for plugin in ("ape-test", "ape-fixtures"):
            if config.pluginmanager.has_plugin(plugin):
                config.pluginmanager.unregister(name=plugin)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave each runner its own tests, unless a path on the command line says otherwise."""
    in_ape_tests = collection_path == APE_TESTS or APE_TESTS in collection_path.parents
    if RUN_BY_APE:
        whole_tree = config.args_source == pytest.Config.ArgsSource.TESTPATHS
        return True if whole_tree and not in_ape_tests else None
    return True if in_ape_tests else None
