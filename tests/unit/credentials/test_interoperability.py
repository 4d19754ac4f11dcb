"""The browser seals with `@hpke/core`; this runs the real package under node against the real Python."""

import json
import subprocess
from pathlib import Path

import pytest

from credentials import KeyRing, generate_keypair, seal

DEVSTACK = Path(__file__).parents[3] / "devstack"
SCRIPT = Path(__file__).with_name("hpke.mjs")
CONTEXT = {
    "organization": "5b1f0f4e-2b1c-4a57-8f64-0d6f2f0b9a11",
    "integration_id": "0f8fad5b-d9cb-469f-a165-70867728950e",
    "purpose": "webhook_secret",
}
INFO = f"victorysync/v1|{CONTEXT['organization']}|{CONTEXT['integration_id']}|{CONTEXT['purpose']}"


def _node(**request: str) -> bytes:
    assert (DEVSTACK / "node_modules/@hpke/core").is_dir(), "the npm packages of devstack/ are not installed"
    finished = subprocess.run(
        ["node", SCRIPT],
        input=json.dumps(request | {"info": INFO, "packages": str(DEVSTACK)}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return bytes.fromhex(finished.stdout)


@pytest.mark.parametrize("secret", [b"", b"a secret", "Schlüssel ☎".encode(), bytes(range(256))])
def test_what_the_browser_seals_opens_here(secret: bytes) -> None:
    key = generate_keypair()
    sealed = _node(action="seal", key=key.public.hex(), value=secret.hex())
    assert KeyRing(key).open(key.key_id, sealed, **CONTEXT) == secret


def test_what_is_sealed_here_opens_in_javascript() -> None:
    key = generate_keypair()
    sealed = seal(b"a secret", key.public, **CONTEXT)
    assert _node(action="open", key=key.private.hex(), value=sealed.hex()) == b"a secret"
