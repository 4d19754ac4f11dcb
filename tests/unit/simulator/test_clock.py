from datetime import UTC, datetime, timedelta, timezone

import pytest

from simulator.clock import parse_utc, utc_text, webhook_text, whole_milliseconds

MOMENT = datetime(2026, 6, 5, 13, 38, 29, 522999, tzinfo=UTC)


def test_the_two_forms_of_the_provider() -> None:
    assert utc_text(MOMENT) == "2026-06-05T13:38:29.522Z"
    assert webhook_text(whole_milliseconds(MOMENT)) == "2026-06-05T13:38:29.5220000Z"
    assert utc_text(MOMENT.astimezone(timezone(timedelta(hours=-4)))) == "2026-06-05T13:38:29.522Z"


@pytest.mark.parametrize(
    "text",
    [
        "2026-06-05T00:00:00Z",
        "2026-06-05",
        "2026-06-05T02:00:00+02:00",
        "2026-06-05T02:00:00 02:00",
        "2026-06-05T00:00:00.0000000",
    ],
)
def test_instants_are_read_as_clients_write_them(text: str) -> None:
    assert parse_utc(text) == datetime(2026, 6, 5, tzinfo=UTC)


def test_nonsense_is_no_instant() -> None:
    with pytest.raises(ValueError, match="isoformat"):
        parse_utc("yesterday")
