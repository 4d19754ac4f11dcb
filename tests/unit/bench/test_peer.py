from bench.peer import requirement


def test_the_peer_is_pinned() -> None:
    assert requirement().startswith("dlt[postgres]==")
