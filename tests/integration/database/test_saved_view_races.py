"""One person in several windows, each making another view the default of a page: one is it, nobody is refused."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest

from tests.integration.database.races import Caller, Stage, interleaved, race
from tools.scratch import Database, ScratchCluster

MAKE_DEFAULT = "update public.saved_views set is_default = true where name = %s returning name"
SAVE = "insert into public.saved_views (page, name, is_default) values ('calls', %s, true) returning name"
TURNS = 15


@dataclass(frozen=True)
class Windows:
    """A person with three views, and their windows."""

    stage: Stage
    user: UUID
    windows: list[Caller]

    def default(self) -> list[str]:
        return self.stage.told("select name from public.saved_views where is_default")


@pytest.fixture
def ann(cluster: ScratchCluster, migrated: Database) -> Iterator[Windows]:
    with cluster.database(migrated.name) as database, Stage.set(database, callers=3) as stage:
        user = stage.make("member", stage.make("organization", "Acme"), "viewer")
        stage.told(
            "insert into public.saved_views (user_id, page, name, is_default)"
            " select %s, 'calls', name, name = 'a' from unnest(array['a', 'b', 'c']) name returning id",
            user,
        )
        yield Windows(stage, user, stage.signed_in(user, user, user))


@pytest.mark.parametrize(("first", "second"), [("b", "c"), ("b", "a"), ("a", "b")])
def test_the_second_waits_and_is_the_one(ann: Windows, first: str, second: str) -> None:
    one, other, _ = ann.windows
    came = interleaved(one.act(MAKE_DEFAULT, first), other.act(MAKE_DEFAULT, second))
    assert (came.first, came.waited, came.second) == (first, True, second)
    assert ann.default() == [second]


def test_a_new_one_waits_too(ann: Windows) -> None:
    one, other, _ = ann.windows
    came = interleaved(one.act(MAKE_DEFAULT, "b"), other.act(SAVE, "new"))
    assert (came.waited, came.second, ann.default()) == (True, "new", ["new"])


def test_of_many_one_is_it(ann: Windows) -> None:
    for _ in range(TURNS):
        acts = [window.act(MAKE_DEFAULT, name) for window, name in zip(ann.windows, "abc", strict=True)]
        assert race(*acts) == ["a", "b", "c"]
        assert len(ann.default()) == 1
