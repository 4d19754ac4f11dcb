"""Names of what is in the world, in the arguments of calls that are written down."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

from tests.isolation import matrix
from tests.isolation.witness import Witness
from tests.isolation.world import World

NEVER: Final = str(uuid4())
"""An id that nothing has."""


class Names:
    """Finds what arguments stand for."""

    def __init__(self, world: World, witness: Witness) -> None:
        self._world = world
        self._witness = witness

    def resolved(self, value: Any) -> Any:
        """Return a value, or all that are in a list or an object, with ids in the place of their names."""
        if isinstance(value, Mapping):
            return {name: self.resolved(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self.resolved(each) for each in value]
        if isinstance(value, str) and value.startswith("@"):
            kind, *names = value[1:].split()
            return getattr(self, kind)(*names)
        return value

    def org(self, name: str) -> str:
        """An organization's id."""
        return str(self._world.organizations[name].id)

    def integration(self, name: str) -> str:
        """The id of an organization's own account, or of the platform's."""
        if name == "platform":
            return str(self._world.platform_integration)
        return str(self._world.organizations[name].integration)

    def member(self, organization: str, name: str) -> str:
        """A member's id."""
        return str(self._world.organizations[organization].members[name].id)

    def line(self, organization: str, name: str) -> str:
        """A line's id."""
        return str(self._world.organizations[organization].lines[name])

    def number(self, *line: str) -> str:
        """The id of a line's phone number, or of the one that nobody has."""
        if line == ("spare",):
            return str(self._world.spare_number)
        number: str = self._witness.rows("lines")[self.line(*line),]["phone_number_id"]
        return number

    def e164(self, *line: str) -> str:
        """A line's phone number itself."""
        number: str = self._witness.rows("lines")[self.line(*line),]["e164"]
        return number

    def user(self, caller: str) -> str:
        """A caller's id."""
        return str(self._world.user(matrix.load().callers[caller]))

    def email(self, caller: str) -> str:
        """A caller's address."""
        return f"{self.user(caller)}@example.com"

    def invitation(self, organization: str, email: str) -> str:
        """An invitation's id, by the address or the caller whose it is."""
        sought = {"org": self.org(organization), "email": email if "@" in email else self.email(email)}
        [(invitation,)] = self._witness.rows("invitations", "org_id = %(org)s and email = %(email)s", sought)
        return invitation

    def token(self, organization: str, email: str) -> str:
        """The token of an invitation."""
        return self._world.tokens[self.invitation(organization, email)]

    def disabled(self, organization: str) -> str:
        """The id of an organization's account that is switched off."""
        return str(self._world.organizations[organization].disabled_integration)

    def call(self, organization: str, line: str, handled_by: str | None = None) -> str:
        """The id of a call."""
        return str(self._world.organizations[organization].calls[line, handled_by])

    def recording(self, organization: str, line: str, handled_by: str | None = None) -> str:
        """The id of a call's recording."""
        call = {"call": self.call(organization, line, handled_by)}
        [(recording,)] = self._witness.rows("recordings", "call_id = %(call)s", call)
        return recording

    def contact(self, organization: str, whose: str) -> str:
        """The id of a contact: the organization's "own", or one of the "provider"'s."""
        condition = f"org_id = %(org)s and is_shown and integration_id is {'' if whose == 'own' else 'not '}null"
        [(contact,)] = self._witness.rows("contacts", condition, {"org": self.org(organization)})
        return contact

    def conversation(self, organization: str, line: str) -> str:
        """The id of a conversation of a line's."""
        sought = {"line": self.line(organization, line)}
        [(conversation,)] = self._witness.rows("conversations", "line_id = %(line)s", sought)
        return conversation

    def event(self, organization: str) -> str:
        """The id of a delivery that told of an organization."""
        return min(
            key for (key,) in self._witness.rows("webhook_events", "org_id = %(org)s", {"org": self.org(organization)})
        )

    def _paper(self, table: str, organization: str, owner: str, condition: str = "true") -> str:
        sought = {"org": self.org(organization), "owner": self._world.organizations[organization].members[owner].user}
        condition = f"org_id = %(org)s and owner_id = %(owner)s and {condition}"
        [(paper,)] = self._witness.rows(table, condition, sought)
        return paper

    def document(self, organization: str, owner: str, state: str = "stored") -> str:
        """The id of a document."""
        return self._paper("documents", organization, owner, f"state = '{state}'")

    def schedule(self, organization: str, owner: str) -> str:
        """The id of a schedule of reports."""
        return self._paper("report_schedules", organization, owner)

    def rule(self, organization: str, owner: str) -> str:
        """The id of an alert rule."""
        return self._paper("alert_rules", organization, owner)

    def api_key(self, caller: str) -> str:
        """The id of the key that a caller comes with."""
        return str(self._world.api_keys[caller])
