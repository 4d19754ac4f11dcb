import pytest

from bench.peers import requirement


@pytest.mark.parametrize(("name", "pinned"), [("dlt", "dlt[postgres]=="), ("pandas", "pandas==")])
def test_peers_are_pinned(name: str, pinned: str) -> None:
    assert requirement(name).startswith(pinned)
