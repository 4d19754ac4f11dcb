class BenchmarkError(Exception):
    """Base of what makes a measurement worthless."""


class UnexpectedAnswerError(BenchmarkError):
    """A server answered something else than the benchmark is about."""


class UnequalError(BenchmarkError):
    """What is compared does not give the same result, so its times say nothing."""
