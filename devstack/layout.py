import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from devstack.errors import DevstackError

REPOSITORY: Final = Path(__file__).resolve().parent.parent
PACKAGES: Final = REPOSITORY / "devstack" / "node_modules"


@dataclass(frozen=True)
class Layout:
    """Where a local stack keeps its files."""

    state: Path

    @classmethod
    def default(cls, state: Path | None = None) -> Self:
        """Choose the state directory: `.devstack` in the repository, or one under /var/tmp for root.

        Postgres refuses to run as root, so root starts it as another user, which must be able to walk to the
        files; a checkout in root's home directory would be out of its reach.
        """
        if state is None:
            digest = hashlib.sha256(str(REPOSITORY).encode()).hexdigest()[:8]
            state = Path("/var/tmp") / f"victorysync-{digest}" if os.geteuid() == 0 else REPOSITORY / ".devstack"  # noqa: S108
        return cls(state)

    @property
    def data(self) -> Path:
        """Postgres's data directory."""
        return self.state / "data"

    @property
    def run(self) -> Path:
        """Pid files and logs."""
        return self.state / "run"

    @property
    def scratch(self) -> Path:
        """Short-lived directories of tests, within reach of the user Postgres runs as."""
        return self.state / "scratch"

    @property
    def storage(self) -> Path:
        """Uploaded objects."""
        return self.state / "storage"

    @property
    def mail(self) -> Path:
        """The letters of the sync script, which has no mail server here."""
        return self.state / "mail"

    @property
    def secrets_file(self) -> Path:
        """Keys and passwords, made once."""
        return self.state / "secrets.json"

    @property
    def accounts_file(self) -> Path:
        """The simulator's MightyCall accounts."""
        return self.state / "accounts.json"

    @property
    def simulator_state(self) -> Path:
        """What the simulator keeps over a restart."""
        return self.state / "simulator.jsonl"

    def create(self) -> None:
        """Make the directories.

        Raises:
            DevstackError: the state directory exists and belongs to somebody else, who could read our secrets.
        """
        self.state.mkdir(mode=0o755, parents=True, exist_ok=True)
        found = self.state.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            raise DevstackError(f"{self.state} is not a directory of yours. Remove it or set DEVSTACK_STATE.")
        for directory in (self.run, self.scratch, self.storage):
            directory.mkdir(mode=0o755, exist_ok=True)
        # The links in letters let people in.
        self.mail.mkdir(mode=0o700, exist_ok=True)
