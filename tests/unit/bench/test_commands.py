import pytest

from bench.__main__ import BENCHMARKS, main


def test_help_names_every_benchmark(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in BENCHMARKS)


@pytest.mark.parametrize(
    "arguments", [["--only", "nothing"], ["--scale", "big"], ["--scale", "0"], ["--backfill-calls", "0"]]
)
def test_what_it_does_not_know_is_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
