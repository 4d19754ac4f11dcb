from datetime import UTC, datetime, timedelta, timezone

import pytest

from sync.errors import (
    ProviderUnavailable,
    QuotaRefused,
    QuotaSpent,
    RequestRefused,
    SyncError,
    TruncatedPage,
    UnusableCredentials,
)
from sync.runtime import Runtime
from sync.worker import retry_at

NOON = datetime(2026, 6, 5, 12, tzinfo=UTC)


def minutes_until_retry(error: SyncError, attempt: int = 1, now: datetime = NOON, chance: float = 1) -> float:
    runtime = Runtime(
        now=lambda: now, sleep=lambda _: pytest.fail("it waits"), random=lambda: chance, is_stopping=lambda: False
    )
    return (retry_at(error, attempt, runtime) - now) / timedelta(minutes=1)


@pytest.mark.parametrize("error", [ProviderUnavailable("away"), TruncatedPage("short")])
def test_what_passes_by_itself_is_tried_again_within_five_minutes(error: SyncError) -> None:
    assert minutes_until_retry(error, chance=0) == 2.5
    assert minutes_until_retry(error, chance=1) == 5


@pytest.mark.parametrize("error", [RequestRefused("no"), UnusableCredentials("none"), SyncError("a defect")])
def test_what_somebody_has_to_mend_waits_longer(error: SyncError) -> None:
    assert minutes_until_retry(error) == 15


def test_every_attempt_waits_longer_up_to_an_hour() -> None:
    waits = [minutes_until_retry(ProviderUnavailable("away"), attempt) for attempt in range(1, 7)]
    assert waits == [5, 10, 20, 40, 60, 60]


@pytest.mark.parametrize("error", [QuotaRefused("Limit Exceeded"), QuotaSpent("refused lately", "refused")])
def test_a_refused_quota_rests_an_hour_but_not_past_midnight(error: SyncError) -> None:
    assert minutes_until_retry(error, chance=0) == 60
    assert minutes_until_retry(error, chance=0.5) == 60.5
    assert minutes_until_retry(error, now=NOON.replace(hour=23, minute=50), chance=0) == 10


def test_a_quota_that_is_used_up_rests_until_midnight_utc() -> None:
    error = QuotaSpent("used up", "used_up")
    assert minutes_until_retry(error, chance=0) == 12 * 60
    assert minutes_until_retry(error, chance=0.5) == 12 * 60 + 0.5
    assert minutes_until_retry(error, now=NOON.astimezone(timezone(timedelta(hours=14))), chance=0) == 12 * 60


def test_what_is_kept_back_is_asked_for_again_in_a_quarter_of_an_hour() -> None:
    error = QuotaSpent("kept back", "kept_back")
    assert minutes_until_retry(error, chance=0) == 15
    assert minutes_until_retry(error, now=NOON.replace(hour=23, minute=55), chance=0) == 5
