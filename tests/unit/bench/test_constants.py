import pytest

from bench.constants import in_constants

COUNT = "CREATE OR REPLACE FUNCTION private.count_calls(p_from date) AS $$ select 1 from public.calls c $$"


def test_a_copy_counts_in_the_view() -> None:
    copy = in_constants(COUNT)
    assert "FUNCTION bench.count_calls" in copy
    assert "from bench.visible_calls c" in copy
    assert "public.calls" not in copy


def test_a_function_that_reads_something_else_is_not_copied() -> None:
    with pytest.raises(LookupError, match="follow"):
        in_constants("CREATE OR REPLACE FUNCTION private.count_calls() AS $$ select 1 from private.call_hourly $$")
