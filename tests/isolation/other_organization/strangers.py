"""What is attacked, by whom: ids are known to them, nothing else helps."""

from dataclasses import dataclass
from typing import Any

from tests.isolation import matrix
from tests.isolation.witness import Witness
from tests.isolation.world import Organization, World

MATRIX = matrix.load()

OF_ACME = {
    "phone_numbers": "id in (select l.phone_number_id from public.lines l where l.org_id = %(org)s)",
    "profile_settings": "user_id in (select m.user_id from public.org_members m where m.org_id = %(org)s)",
    "users": "user_id in (select m.user_id from public.org_members m where m.org_id = %(org)s)",
    "fleet": "org_id = %(org)s",
    "platform_settings": "true",
    "saved_views": "org_id = %(org)s",
    "notifications": "org_id = %(org)s",
}
"""What strangers are after, where Acme's admin does not read it either."""

NOBODY = "00000000-0000-0000-0000-000000000000"
REPRESENTED = {"prefer": "return=representation"}


@dataclass(frozen=True)
class Ids:
    """An organization's ids as JSON takes them."""

    organization: Organization

    @property
    def org(self) -> str:
        """The organization's."""
        return str(self.organization.id)

    @property
    def integration(self) -> str:
        """Its own account's."""
        return str(self.organization.integration)

    def member(self, name: str) -> str:
        """A member's."""
        return str(self.organization.members[name].id)

    def line(self, name: str) -> str:
        """A line's."""
        return str(self.organization.lines[name])


def of_acme(table: str, world: World, witness: Witness) -> list[dict[str, Any]]:
    """Return Acme's rows of a table, which its admin would read."""
    condition = OF_ACME.get(table) or MATRIX.tables[table].condition("select", "org_admin")
    return list(witness.rows(table, condition, world.parameters(MATRIX.callers["org_admin"])).values())
