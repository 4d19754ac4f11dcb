from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.provider import INTERVAL, History, serving

BEGINS_AT = datetime(2026, 3, 1, tzinfo=UTC)
HISTORY = History(BEGINS_AT, 10_000)
DAY = timedelta(days=1)


def test_the_slices_of_a_history_hold_every_call_once() -> None:
    numbers = []
    for day in range(4):
        start = BEGINS_AT + day * DAY
        calls, total = HISTORY.page(start, start + DAY, 0, 10_000)
        assert len(calls) == total
        numbers += [call["id"] for call in calls]
    assert numbers == [f"history-{number}" for number in range(10_000)]


@given(st.integers(-100_000, 400_000), st.integers(0, 100_000))
def test_a_range_holds_the_calls_that_started_in_it(first: int, seconds: int) -> None:
    start = BEGINS_AT + timedelta(seconds=first)
    end = start + timedelta(seconds=seconds)
    calls, total = HISTORY.page(start, end, 0, 10_000)
    expected = [number for number in range(10_000) if start <= BEGINS_AT + number * INTERVAL < end]
    assert [call["id"] for call in calls] == [f"history-{number}" for number in expected]
    assert total == len(expected)


def test_a_page_begins_after_what_was_skipped() -> None:
    calls, total = HISTORY.page(BEGINS_AT, BEGINS_AT + DAY, 3_000, 1_000)
    assert total == 3_456
    assert calls[0]["id"] == "history-3000"
    assert len(calls) == 456


@pytest.mark.parametrize("number", [0, 7])
def test_a_call_is_the_same_each_time(number: int) -> None:
    assert HISTORY.item(number) == HISTORY.item(number)


def test_it_answers_as_the_provider_would() -> None:
    with serving(HISTORY) as url, httpx.Client(base_url=url, trust_env=False) as client:
        assert client.post("/v4/auth/token", data={"client_id": "key"}).json()["access_token"]
        asked: dict[str, str | int] = {
            "startUtc": "2026-03-01T00:00:00.000Z",
            "endUtc": "2026-03-02T00:00:00.001Z",
            "skip": 0,
            "pageSize": 2,
        }
        answer = client.get("/v4/api/calls", params=asked).json()
        assert answer["data"] == {"calls": [HISTORY.item(0), HISTORY.item(1)], "total": 3_457}
        assert client.get("/v4/api/team").status_code == 404
