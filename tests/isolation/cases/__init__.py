"""How each function of the matrix is tried: its arguments, what it may change, and what it answers where it may not.

A function is called for rows of the table that the matrix says it is about, one at a time, as each caller. Whom it
serves for which row is the matrix's word; here is only what a test cannot guess.
"""

from typing import Final

from tests.isolation.cases import accounts, conversations, figures, governance, reports, tenancy, worklist
from tests.isolation.cases.case import Case

CASES: Final[dict[str, Case]] = {
    **figures.CASES,
    **reports.CASES,
    **worklist.CASES,
    **tenancy.CASES,
    **accounts.CASES,
    **conversations.CASES,
    **governance.CASES,
}
