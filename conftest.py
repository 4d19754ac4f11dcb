"""Makes the fixtures known to every test, and collects the pgTAP files."""

pytest_plugins = ["tests.support.fixtures", "tests.support.fuzz", "tests.support.pgtap"]
