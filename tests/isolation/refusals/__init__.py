"""Calls that the API's functions refuse, one at least for each error that they announce.

An argument like "@line Acme given" stands for an id of the world's, see `Names`.
"""

from typing import Final

from tests.isolation.refusals import accounts, conversations, figures, governance, reports, tenancy, worklist
from tests.isolation.refusals.refusal import Refusal

REFUSALS: Final[list[Refusal]] = [
    *figures.REFUSALS,
    *reports.REFUSALS,
    *worklist.REFUSALS,
    *tenancy.REFUSALS,
    *accounts.REFUSALS,
    *conversations.REFUSALS,
    *governance.REFUSALS,
]
