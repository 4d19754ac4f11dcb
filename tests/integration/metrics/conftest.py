"""Tells at the end how many figures were compared."""

import pytest

from tests.integration.metrics.answers import compared


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many figures of each function are what their definitions say."""
    if not compared:
        return
    terminalreporter.section("figures compared with their definitions")
    for function, count in sorted(compared.items()):
        terminalreporter.write_line(f"{function}: {count:,}")
