"""Measuring in turns: A B C, A B C, …, so that whatever else the machine does meets all of them alike."""

from collections.abc import Callable, Mapping

from bench.rows import Samples

Contestant = Callable[[], float]
"""Does its work once and returns its figure."""


def in_turns(contestants: Mapping[str, Contestant], rounds: int) -> Samples:
    """Let everybody run once a round; the first round only warms up and is forgotten.

    Each round begins with another one, so that nobody always follows the same neighbour.
    """
    names = list(contestants)
    samples: Samples = {name: [] for name in names}
    for number in range(rounds + 1):
        shift = number % len(names)
        for name in names[shift:] + names[:shift]:
            figure = contestants[name]()
            if number:
                samples[name].append(figure)
    return samples
