import pytest

from bench.constants import counting, in_constants

SUMMARY = "CREATE OR REPLACE FUNCTION public.kpi_summary() AS $$ select private.count_calls(), private.zone() $$"
COUNT = (
    "CREATE OR REPLACE FUNCTION private.count_calls() RETURNS SETOF private.call_rollups AS $$"
    " select 1 from private.call_rollups r join public.calls c on c.line_id in (select private.my_line_ids()) $$"
)
ZONE = "CREATE OR REPLACE FUNCTION private.zone() AS $$ select 1 from public.calls_of_others $$"
FUNCTIONS = {"public.kpi_summary": SUMMARY, "private.count_calls": COUNT, "private.zone": ZONE}
LISTS = {"orgs": "'{}'::uuid[]", "lines": "'{a}'::uuid[]", "members": "'{}'::uuid[]"}


def test_what_counts_is_copied() -> None:
    assert counting(FUNCTIONS) == {"public.kpi_summary", "private.count_calls"}


def test_copies_count_in_the_views() -> None:
    copy = in_constants(COUNT, counting(FUNCTIONS), LISTS)
    assert "FUNCTION bench.count_calls() RETURNS SETOF private.call_rollups" in copy
    assert (
        "from bench.visible_rollups r join bench.visible_calls c on c.line_id in (select unnest('{a}'::uuid[]))" in copy
    )
    assert "FUNCTION bench.kpi_summary() AS $$ select bench.count_calls(), private.zone() $$" in in_constants(
        SUMMARY, counting(FUNCTIONS), LISTS
    )


def test_a_summary_that_reads_something_else_is_not_copied() -> None:
    with pytest.raises(LookupError, match="follow"):
        counting(FUNCTIONS | {"private.count_calls": ZONE})
