"""What is asked about a year of one organization: its KPIs, their counts, and the sums of the other design."""

from typing import Any, Final

import psycopg

from bench import figures
from bench.year import Year

_SUMMARY: Final = "select kpi, value, numerator, known, total from {}(%s, %s, %s) order by kpi"
_COUNT_CALLS: Final = """
select (counts).* from private.count_calls(array[%s::uuid], %s, %s, null, null, null, 'America/New_York', null)
"""


class YearOf:
    """The year of one organization."""

    def __init__(self, made: Year, number: int) -> None:
        self.made = made
        self.database = made.database
        self.organization = made.organization(number)
        starts_on, ends_on = (day.strftime("%Y-%m-%d 00:00 America/New_York") for day in (made.starts_on, made.ends_on))
        self.parameters: list[Any] = [self.organization, starts_on, ends_on]
        with self.owner() as connection:
            self.calls = made.calls_of(connection, number)

    def owner(self) -> psycopg.Connection[Any]:
        """Open a session past the policies."""
        return self.database.connect("supabase_admin")

    def summary(self, connection: psycopg.Connection[Any], function: str = "public.kpi_summary") -> list[Any]:
        """Ask for the KPIs."""
        return connection.execute(_SUMMARY.format(function).encode(), self.parameters).fetchall()

    def numerators(self, connection: psycopg.Connection[Any]) -> list[int]:
        """Ask for the KPIs' numerators, in the order of figures.KPIS."""
        found = {kpi: numerator for kpi, _, numerator, _, _ in self.summary(connection)}
        return [int(found[kpi]) for kpi in figures.KPIS]

    def counts(self, connection: psycopg.Connection[Any]) -> list[Any]:
        """Ask for what the KPIs are computed from."""
        return connection.execute(_COUNT_CALLS, self.parameters).fetchall()

    def sums(self, connection: psycopg.Connection[Any]) -> list[Any]:
        """Ask for the sums that signed deltas keep."""
        return connection.execute("select * from bench.delta_summary(%s, %s, %s)", self.parameters).fetchall()
