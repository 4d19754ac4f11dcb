"""Seeded randomness: the same words give the same throws, in every process."""

from random import Random
from uuid import UUID


def dice(*words: object) -> Random:
    """Return a generator that depends on the words alone."""
    return Random("|".join(str(word) for word in words))  # noqa: S311


def random_id(rng: Random) -> str:
    """Return a version 4 UUID drawn from the generator."""
    return str(UUID(int=rng.getrandbits(128), version=4))
