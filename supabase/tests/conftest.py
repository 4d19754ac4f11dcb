"""Collects the pgTAP files below this directory."""

from tests.support.pgtap import _pgtap_runner, pytest_collect_file

__all__ = ["_pgtap_runner", "pytest_collect_file"]
