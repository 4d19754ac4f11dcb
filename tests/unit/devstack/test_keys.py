import json
import stat
from pathlib import Path

from credentials import KeyRing
from devstack.keys import Keys


def test_keys_are_made_once(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    assert Keys.load_or_create(path) == Keys.load_or_create(path)


def test_only_the_owner_reads_the_file(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    Keys.load_or_create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_key_that_an_older_file_lacks_is_added_and_the_others_stay(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    path.write_text(json.dumps({"jwt_secret": "kept"}))
    keys = Keys.load_or_create(path)
    assert keys.jwt_secret == "kept"
    assert json.loads(path.read_text())["secret_key"] == keys.secret_key


def test_no_two_stacks_share_a_key() -> None:
    one, other = Keys(), Keys()
    assert not set(vars(one).values()) & set(vars(other).values())


def test_keys_have_supabases_form_and_the_private_key_is_usable() -> None:
    keys = Keys()
    assert keys.publishable_key.startswith("sb_publishable_")
    assert keys.secret_key.startswith("sb_secret_")
    assert KeyRing.parse(keys.credentials_key).current


def test_secrets_stay_out_of_messages() -> None:
    keys = Keys()
    assert keys.jwt_secret not in repr(keys)
    assert keys.postgres_password not in repr(keys)
