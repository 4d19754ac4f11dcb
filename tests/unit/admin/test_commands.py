import pytest

from admin.__main__ import main


def exit_code(*arguments: str) -> object:
    with pytest.raises(SystemExit) as exited:
        main(list(arguments))
    return exited.value.code


@pytest.mark.parametrize("value", ["", "not a connection"])
def test_without_a_database_it_is_misconfigured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], value: str
) -> None:
    monkeypatch.setenv("ADMIN_DATABASE_URL", value)
    assert exit_code("list") == 2
    assert "ADMIN_DATABASE_URL is" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [(), ("grant",), ("verify-audit", "--org", "Acme"), ("promote", "somebody")])
def test_a_command_that_is_none_is_explained(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]) -> None:
    assert exit_code(*arguments) == 2
    assert "usage: python -m admin" in capsys.readouterr().err
