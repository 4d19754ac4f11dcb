"""Tells at the end how many figures were compared."""

import pytest

from tests.integration.metrics.answers import compared, of_calls


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many figures of each function are what their definitions say."""
    if not compared:
        return
    terminalreporter.section("figures compared with their definitions")
    for function, count in sorted(compared.items()):
        terminalreporter.write_line(f"{function}: {count:,}")
    terminalreporter.write_line(f"of a range with calls: {of_calls[True]:,}, without: {of_calls[False]:,}")
