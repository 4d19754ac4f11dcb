import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
REGISTERED = re.compile(r"^\| `(\w+)` \| (\d{3}) \|", re.MULTILINE)
RAISED = re.compile(r"errcode = 'PT(\d{3})',\s*detail = '(\w+)',?\s*(hint)?", re.MULTILINE)


def raised() -> list[tuple[str, str, str]]:
    sql = "\n".join(path.read_text() for path in sorted((ROOT / "sql").rglob("*.sql")))
    assert sql.count("errcode = ") == len(RAISED.findall(sql)), "an error without status and stable code"
    return [(code, status, hint) for status, code, hint in RAISED.findall(sql)]


def test_every_error_is_registered_with_its_status() -> None:
    registered = dict(REGISTERED.findall((ROOT / "docs/errors.md").read_text()))
    assert registered == {code: status for code, status, _ in raised()}


def test_every_error_of_the_api_says_what_to_do() -> None:
    assert [code for code, _, hint in raised() if not hint and code not in ("lease_lost", "not_a_token")] == []
