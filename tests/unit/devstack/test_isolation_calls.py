import tomllib

import pytest

from devstack.isolation_calls import ABOUT_NO_ORGANIZATION, attempts
from devstack.isolation_people import Belongings
from devstack.layout import REPOSITORY

FUNCTIONS = tomllib.loads((REPOSITORY / "supabase/tests/isolation/matrix.toml").read_text())["functions"]
ALL = Belongings(*("00000000-0000-4000-8000-000000000001",) * 21)
NOTHING = Belongings("00000000-0000-4000-8000-000000000001", *(None,) * 20)


def test_every_function_of_the_api_is_tried() -> None:
    assert attempts(ALL).keys() | ABOUT_NO_ORGANIZATION == FUNCTIONS.keys()
    assert all(attempts(ALL).values())


@pytest.mark.parametrize("function", sorted(attempts(ALL)))
def test_it_is_called_by_the_names_of_its_arguments(function: str) -> None:
    for attempt in attempts(ALL)[function]:
        assert attempt.arguments.keys() <= set(FUNCTIONS[function]["arguments"])


def test_nothing_is_tried_with_a_thing_that_is_not_there() -> None:
    nulls = [
        (function, name)
        for function, tried in attempts(NOTHING).items()
        for attempt in tried
        for name, value in attempt.arguments.items()
        if value in (None, [None])
    ]
    # Without an organization a key is for all of them.
    assert nulls == [("create_api_key", "p_org_id")]
