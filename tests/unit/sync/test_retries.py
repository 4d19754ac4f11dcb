import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.errors import ProviderUnavailable, RequestRefused
from sync.retries import Retries, pause


def test_it_tries_again_after_growing_pauses_and_gives_up_with_the_last_error() -> None:
    pauses: list[float] = []
    failures = iter(range(1, 10))

    def fail() -> None:
        raise ProviderUnavailable(f"failure {next(failures)}")

    with pytest.raises(ProviderUnavailable, match="failure 4"):
        Retries(sleep=pauses.append, random=lambda: 1.0)(fail)
    assert pauses == [1, 2, 4]


def test_it_returns_what_a_later_attempt_brings() -> None:
    answers = iter([False, False, True])

    def answer() -> str:
        if not next(answers):
            raise ProviderUnavailable("not yet")
        return "here"

    pauses: list[float] = []
    assert Retries(sleep=pauses.append, random=lambda: 0.0)(answer) == "here"
    assert pauses == [0.5, 1]


def test_it_does_not_repeat_what_would_be_refused_again() -> None:
    def refuse() -> None:
        raise RequestRefused("no")

    with pytest.raises(RequestRefused):
        Retries(sleep=lambda _: pytest.fail("it waits"), random=lambda: 0.0)(refuse)


@given(st.integers(1, 10**6), st.floats(0.1, 60), st.floats(0, 1, exclude_max=True))
def test_a_pause_is_never_longer_than_the_longest_nor_shorter_than_half_the_first(
    attempt: int, first: float, chance: float
) -> None:
    longest = 60.0
    assert first / 2 <= pause(attempt, first, longest, lambda: chance) <= longest
