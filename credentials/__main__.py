import argparse
import getpass
import json
import sys
from base64 import b64encode
from uuid import UUID

import psycopg

from credentials.config import KeysConfig, RotationConfig
from credentials.errors import CredentialsError, MalformedKeyError
from credentials.rotation import rotate
from credentials.sealing import decode_key, generate_keypair, seal


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the result is the exit code: 0 done, 1 something failed, 2 misconfigured."""
    parser = argparse.ArgumentParser(prog="python -m credentials", description="Keys and sealed credentials.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="keygen | seal | rotate")

    commands.add_parser("keygen", help="make a key pair and print its CREDENTIALS_KEYS entry and its public key")

    sealing = commands.add_parser("seal", help="seal a secret read from standard input; prints key id and base64")
    sealing.add_argument("--organization", required=True, help="id of the organization, or 'platform'")
    sealing.add_argument("--integration", required=True, type=UUID, help="id of the integration")
    sealing.add_argument("--purpose", required=True, help="api_key, user_key, webhook_secret, ...")
    sealing.add_argument("--public-key", help="key_id:base64url; the current key of CREDENTIALS_KEYS when left out")

    commands.add_parser("rotate", help="re-seal every stored credential under the current key")

    options = parser.parse_args(arguments)
    try:
        match options.command:
            case "keygen":
                return _keygen()
            case "seal":
                return _seal(options)
            case _:
                return _rotate()
    except (CredentialsError, psycopg.Error) as error:
        print(f"{options.command}: {error}", file=sys.stderr)
        return 1


def _keygen() -> int:
    key = generate_keypair()
    print(f"CREDENTIALS_KEYS={key.private_entry}")
    print(f"CREDENTIALS_PUBLIC_KEY={key.public_entry}")
    return 0


def _seal(options: argparse.Namespace) -> int:
    key_id, public_key = _public_key(options.public_key)
    secret = getpass.getpass("Secret: ").encode() if sys.stdin.isatty() else sys.stdin.buffer.read().removesuffix(b"\n")
    if not secret:
        print("seal: there is no secret on standard input", file=sys.stderr)
        return 1
    sealed = seal(
        secret,
        public_key,
        organization=options.organization,
        integration_id=options.integration,
        purpose=options.purpose,
    )
    print(json.dumps({"key_id": key_id, "sealed": b64encode(sealed).decode()}))
    return 0


def _public_key(entry: str | None) -> tuple[str, bytes]:
    if entry is None:
        current = KeysConfig.load_or_exit().credentials_keys.current
        return current.key_id, current.public
    key_id, _, public_key = entry.partition(":")
    if not key_id:
        raise MalformedKeyError("a public key is given as key_id:base64url")
    return key_id, decode_key(public_key)


def _rotate() -> int:
    config = RotationConfig.load_or_exit()
    with psycopg.connect(
        config.database_url.get_secret_value(), autocommit=True, prepare_threshold=None, connect_timeout=10
    ) as connection:
        report = rotate(connection, config.credentials_keys)
    print(f"re-sealed {report.resealed}, overtaken {report.overtaken}, failed {len(report.failed)}")
    for credential_id, reason in report.failed.items():
        print(f"{credential_id}: {reason}", file=sys.stderr)
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
