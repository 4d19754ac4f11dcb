"""What stands beside the pulling: who does it, and on which thread."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Final

import httpx

from sync.attachments import Attachments
from sync.audio import Downloads
from sync.carriers import carrier
from sync.documents import Printer, Shredder
from sync.documentstore import BUCKET as DOCUMENTS
from sync.jobs import Tools
from sync.post import Postman
from sync.recordings import Fetcher, Remover
from sync.routines import Routine
from sync.sender import Sender
from sync.sideline import Bounds, Chore, Sideline
from sync.storage import Storage
from sync.store import Store

_MEBIBYTE: Final = 2**20
_AGENT: Final = {"user-agent": "victorysync"}
# Somebody looks at the screen and waits for their message to leave.
_SENDING_LOOK_SECONDS: Final = 1.0
# A request that is under way is worth waiting for: without its answer nobody knows whether it was done.
_SENDING_BOUNDS: Final = Bounds(piece=125, piece_when_stopping=20)
# A large recording takes minutes to fetch, and as many to store: a run of cron's waits for the one in hand.
_RECORDING_BOUNDS: Final = Bounds(due=200, piece=280)
# Reading a large organization's year and setting its pages is a matter of seconds; Storage may take longer.
_DOCUMENT_BOUNDS: Final = Bounds(piece=240)


@contextmanager
def sidelines(tools: Tools) -> Iterator[Sequence[Sideline]]:
    """The sidelines of a worker, not started yet: a long download delays no letter, a slow mail server no message."""
    config, runtime, reporter = tools.config, tools.runtime, tools.reporter
    url = config.database_url.get_secret_value()
    with ExitStack() as stack:
        # Each request on a connection of its own: one that was kept might be closed just when a message is on it.
        sending = stack.enter_context(httpx.Client(headers=_AGENT, limits=httpx.Limits(max_keepalive_connections=0)))
        sender = Sender(tools.worker, config, sending, runtime, reporter)
        lines = [
            Sideline(_chores(tools, stack), Store(url), runtime, reporter),
            Sideline(
                [sender],
                Store(url),
                runtime,
                reporter,
                name="sending",
                look_seconds=_SENDING_LOOK_SECONDS,
                bounds=_SENDING_BOUNDS,
            ),
        ]
        documents = _documents(tools, stack)
        lines.append(Sideline(documents, Store(url), runtime, reporter, name="documents", bounds=_DOCUMENT_BOUNDS))
        if audio := _audio(tools, stack):
            lines.append(Sideline(audio, Store(url), runtime, reporter, name="recordings", bounds=_RECORDING_BOUNDS))
        yield lines


def _chores(tools: Tools, stack: ExitStack) -> list[Chore]:
    config, runtime, reporter = tools.config, tools.runtime, tools.reporter
    chores: list[Chore] = [Routine.sealing(runtime, reporter), Routine.forgetting(runtime, reporter)]
    chores += [
        Routine.receiving(runtime, reporter),
        Routine.folding(runtime, reporter),
        Routine.alerting(runtime, reporter),
    ]
    way = carrier(config)
    if way and config.mail_sender:
        chores.append(Postman(tools.worker, way, config.mail_sender, runtime, reporter, _attachments(tools, stack)))
    return chores


def _attachments(tools: Tools, stack: ExitStack) -> Attachments | None:
    config = tools.config
    if config.storage_url is None or config.storage_key is None:
        return None
    return Attachments(config.storage_url, config.storage_key, stack.enter_context(httpx.Client(headers=_AGENT)))


def _documents(tools: Tools, stack: ExitStack) -> list[Chore]:
    config, runtime, reporter = tools.config, tools.runtime, tools.reporter
    # Where nothing can be stored, what is due still begins, and waits.
    reporting = Routine.reporting(runtime, reporter)
    if config.storage_url is None or config.storage_key is None:
        return [reporting]
    http = stack.enter_context(httpx.Client(headers=_AGENT))
    storage = Storage(
        config.storage_url, config.storage_key, http, DOCUMENTS, "document", is_stopping=runtime.is_stopping
    )
    return [
        reporting,
        Printer(tools.worker, storage, runtime, reporter, config.font_folder),
        Shredder(tools.worker, storage, runtime, reporter),
    ]


def _audio(tools: Tools, stack: ExitStack) -> list[Chore]:
    config, runtime, reporter = tools.config, tools.runtime, tools.reporter
    if config.storage_url is None or config.storage_key is None:
        return []
    http = stack.enter_context(httpx.Client(headers=_AGENT))
    storage = Storage(config.storage_url, config.storage_key, http, is_stopping=runtime.is_stopping)
    downloads = Downloads(
        largest_bytes=config.recording_max_mib * _MEBIBYTE,
        trusted=config.recording_hosts or (),
        is_stopping=runtime.is_stopping,
    )
    stack.callback(downloads.close)
    return [
        Fetcher(tools.worker, config, storage, downloads, http, runtime, reporter),
        Remover(tools.worker, storage, runtime, reporter),
    ]
