from collections.abc import Callable
from itertools import count

from bench.rounds import in_turns


def test_everybody_runs_once_a_round_and_the_first_round_is_forgotten() -> None:
    clock = count()
    log: list[tuple[str, int]] = []

    def contestant(name: str) -> Callable[[], float]:
        def run() -> float:
            log.append((name, next(clock)))
            return float(log[-1][1])

        return run

    samples = in_turns({name: contestant(name) for name in "abc"}, rounds=2)
    assert [name for name, _ in log] == ["a", "b", "c", "b", "c", "a", "c", "a", "b"]
    assert samples == {"a": [5.0, 7.0], "b": [3.0, 8.0], "c": [4.0, 6.0]}
