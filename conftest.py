"""Makes the fixtures known to both test directories."""

pytest_plugins = ["tests.support.fixtures"]
