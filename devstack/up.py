"""Starting the whole stack, with its schema and demo data."""

from devstack import demo_data, demo_settings, hosted
from devstack.demo_accounts import serve_accounts
from devstack.distribution import install_packages
from devstack.migrations import apply_migrations
from devstack.narration import Narrator, Say
from devstack.part import Part
from devstack.stack import Stack


def up(stack: Stack, narrator: Narrator) -> None:
    """Start every part that does not run, bring schema and demo data up to date; harmless when all is so already.

    Raises:
        DevstackError: something did not come up; the message says what and what to do.
    """
    with narrator.step("npm packages") as say:
        say("installed" if install_packages() else "unchanged")
    with narrator.step("Postgres") as say:
        new = stack.cluster.create()
        _start(stack.parts["postgres"], say)
        hosted.prepare_cluster(stack.cluster, stack.keys)
        hosted.prepare_database(stack.cluster)
        if new:
            say("new cluster")
    with narrator.step("Migrations"):
        apply_migrations(stack.database_url("postgres"))
        hosted.open_login_roles(stack.cluster, stack.keys)
    with narrator.step("Organizations and people of the demo"):
        demo_data.load_people(stack)
        credentials = serve_accounts(stack)
    for name in ("postgrest", "webhooks", "gateway", "simulator"):
        part = stack.parts[name]
        with narrator.step(part.title) as say:
            _start(part, say)
    with narrator.step("Settings, integrations and extensions, as the operator and the admins"):
        demo_settings.set_platform(stack)
        demo_settings.set_organizations(stack)
        demo_data.connect_accounts(stack, credentials)
    sync = stack.parts["sync"]
    with narrator.step(sync.title) as say:
        _start(sync, say)
    with narrator.step("Numbers and lines, as the operator and the admins"):
        demo_data.share_out_numbers(stack)
    with narrator.step("30 days of calls, pulled by the sync script") as say:
        demo_data.wait_for_history(stack, lambda share: say(f"{share:.0%}"))


def _start(part: Part, say: Say) -> None:
    before = part.daemon.pid
    part.start()
    say("runs" if part.daemon.pid == before else "started")
