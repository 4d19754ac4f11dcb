"""No path of the old server is forgotten: each leads to a command that is run, or is said not to be there yet."""

from typing import Final

import pytest

from tests.integration.docs import document
from tests.integration.docs.document import OldRoute

DOCUMENT = document.load()

ONE = "GET PUT DELETE"
OLD: Final = {
    "/health": "GET",
    "/api/health": "GET",
    "/api/user/profile": "GET PUT POST",
    "/api/user/orgs": "GET",
    "/api/user/onboard": "POST",
    "/api/admin/orgs": "GET POST",
    "/api/admin/orgs/:id": ONE,
    "/api/admin/org/:id": ONE,
    "/api/admin/users": "GET POST",
    "/api/admin/users/:id": "PATCH",
    "/api/orgs/:id/members": "GET POST",
    "/api/orgs/:id/members/:userId": "DELETE",
    "/api/admin/orgs/:id/members": "GET POST",
    "/api/admin/orgs/:id/members/:id": "DELETE",
    "/api/team/members": "GET",
    "/api/admin/orgs/:id/integrations": "GET POST",
    "/api/admin/orgs/:id/integrations/:id": "PUT DELETE",
    "/api/admin/org/:id/integrations": "GET POST",
    "/api/admin/org/:id/integrations/:provider": "PUT DELETE",
    "/api/orgs/:id/phone-numbers": "GET",
    "/api/mightycall/phone-numbers": "GET",
    "/api/admin/orgs/:id/phone-numbers": "POST",
    "/api/admin/orgs/:id/phone-numbers/:id": "DELETE",
    "/api/orgs/:id/phone-numbers/:id/assign": "POST DELETE",
    "/api/orgs/:id/calls": "GET",
    "/api/calls/recent": "GET",
    "/api/calls/:id": "GET",
    "/api/call-stats": "GET",
    "/api/orgs/:id/recordings": "GET",
    "/api/recordings": "GET",
    "/api/mightycall/recordings": "GET",
    "/api/orgs/:id/sms": "GET",
    "/api/sms": "GET",
    "/api/sms/messages": "GET",
    "/api/admin/mightycall/sms-logs": "GET",
    "/api/mightycall/reports": "GET",
    "/api/reports": "GET",
    "/api/client-metrics": "GET",
    "/api/orgs/:id/metrics": "GET",
    "/api/admin/orgs/:id/metrics": "GET",
    "/api/orgs/:id/activity": "GET",
    "/api/admin/billing/records": "GET POST",
    "/api/admin/billing/invoices": "GET POST",
    "/api/mightycall/sync/phone-numbers": "POST",
    "/api/mightycall/sync/reports": "POST",
    "/api/mightycall/sync/recordings": "POST",
    "/api/mightycall/sync/sms": "POST",
    "/api/sync-mightycall-phone-numbers": "POST",
    "/api/sync-mightycall-reports": "POST",
    "/api/sync-mightycall-recordings": "POST",
    "/api/sync-mightycall-sms": "POST",
    "/api/mightycall/sync/status": "GET",
    "/api/mightycall/sync/jobs": "GET",
    "…/mightycall-webhook": "POST",
    "…/mightycall-sync": "POST",
}
IN_WORDS: Final = {"API keys: create", "API keys: list", "API keys: revoke"}


def test_every_old_path_has_its_row() -> None:
    rows = [old.route for old in DOCUMENT.old_routes]
    assert len(rows) == len(set(rows))
    assert set(rows) == IN_WORDS | {f"{method} {path}" for path, methods in OLD.items() for method in methods.split()}


@pytest.mark.parametrize("old", DOCUMENT.old_routes, ids=lambda old: old.route)
def test_an_old_path_leads_to_a_command_or_is_not_there_yet(old: OldRoute) -> None:
    assert set(old.examples) <= {example.anchor for example in DOCUMENT.examples}
    assert old.examples or "not there yet" in old.now
