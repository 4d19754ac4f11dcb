"""What the examples share."""

from collections.abc import Iterator

import pytest
from psycopg.types.json import Jsonb

from tests.support.programs import Stack


@pytest.fixture(scope="module")
def platform_settings(stack: Stack) -> Iterator[None]:
    """Let the examples have the operator's settings, of which there is one row, and put it back for other tests."""
    with stack.database.connect() as connection:
        row = connection.execute("select to_jsonb(s) from public.platform_settings s").fetchone()
        assert row is not None
        yield
        connection.execute(
            "update public.platform_settings set (app_url, webhooks_url, support_email, support_phone) ="
            " (select app_url, webhooks_url, support_email, support_phone"
            " from jsonb_populate_record(null::public.platform_settings, %s))",
            [Jsonb(row[0])],
        )
