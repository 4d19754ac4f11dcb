import io

from rich.console import Console

from devstack.daemon import State
from devstack.report import PartReport, print_parts


def printed(*parts: PartReport) -> str:
    console = Console(file=io.StringIO(), width=60)
    print_parts(console, list(parts))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def part(name: str, state: State, trouble: str | None = None, last_lines: list[str] | None = None) -> PartReport:
    return PartReport(
        name=name,
        title=name,
        state=state,
        trouble=trouble,
        pid=4711 if state is State.RUNNING else None,
        port=54321,
        log="/logs/part.log",
        last_lines=last_lines or [],
    )


def test_a_running_part_has_its_port_and_pid() -> None:
    words = printed(part("gateway", State.RUNNING)).split()
    assert words[4:] == ["gateway", "running", "54321", "4711"]


def test_a_dead_part_shows_its_last_lines_whole() -> None:
    line = "Error: " + "a long explanation " * 5 + "with its end"
    words = printed(part("gateway", State.DEAD, "is dead", ["one", line]))
    assert "dead" in words
    assert line in words


def test_markup_in_a_log_is_printed_as_it_is() -> None:
    assert "[red]not ours[/]" in printed(part("sync", State.DEAD, "is dead", ["[red]not ours[/]"]))


def test_a_part_that_runs_but_is_not_well_is_told_apart() -> None:
    words = printed(part("postgrest", State.RUNNING, "HTTP 503", ["no database"]))
    assert "in trouble" in words
    assert "HTTP 503" in words
