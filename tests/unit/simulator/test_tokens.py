from simulator.clock import ManualClock
from simulator.tokens import Tokens


def test_a_token_lives_for_24_hours(clock: ManualClock) -> None:
    tokens = Tokens(clock)
    token = tokens.grant("key-1").access_token
    clock.advance(hours=24, milliseconds=-1)
    assert tokens.holder(token) == "key-1"
    clock.advance(milliseconds=1)
    assert tokens.holder(token) is None
    assert tokens.holder("made up") is None


def test_a_refresh_restarts_the_24_hours_and_works_once(clock: ManualClock) -> None:
    tokens = Tokens(clock)
    first = tokens.grant("key-1")
    clock.advance(hours=23)
    second = tokens.refresh(first.refresh_token, "key-1")
    assert second is not None
    clock.advance(hours=23)
    assert tokens.holder(second.access_token) == "key-1"
    assert tokens.refresh(first.refresh_token, "key-1") is None


def test_a_refresh_token_is_of_no_use_to_another_account_or_too_late(clock: ManualClock) -> None:
    tokens = Tokens(clock)
    grant = tokens.grant("key-1")
    assert tokens.refresh(grant.refresh_token, "key-2") is None
    assert tokens.refresh("made up", "") is None
    clock.advance(hours=48)
    assert tokens.refresh(grant.refresh_token, "key-1") is None
