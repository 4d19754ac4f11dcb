import os
from pathlib import Path

import pytest

from devstack.errors import DevstackError
from devstack.layout import REPOSITORY, Layout


def test_root_keeps_its_stack_where_another_user_can_walk_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert REPOSITORY not in Layout.default().state.parents


def test_everybody_else_keeps_it_in_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert Layout.default().state == REPOSITORY / ".devstack"


def test_the_directory_can_be_chosen(tmp_path: Path) -> None:
    assert Layout.default(tmp_path).state == tmp_path


def test_making_it_twice_is_harmless(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "state")
    layout.create()
    layout.create()
    assert layout.run.is_dir()


def test_a_directory_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = tmp_path.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    with pytest.raises(DevstackError, match="DEVSTACK_STATE"):
        Layout(tmp_path).create()


def test_a_link_to_elsewhere_is_refused(tmp_path: Path) -> None:
    link = tmp_path / "state"
    link.symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").mkdir()
    with pytest.raises(DevstackError):
        Layout(link).create()
