import re
from pathlib import Path

from webhooks import api_errors, errors
from webhooks.errors import RefusedError, WebhooksError

ROOT = Path(__file__).parents[3]
REGISTERED = re.compile(r"^\| `(\w+)` \| (\d{3}) \|", re.MULTILINE)
ANSWERED = re.compile(r"^\| (\d{3}) \| `(\w+)` \|", re.MULTILINE)
RAISED = re.compile(r"errcode = 'PT(\d{3})',\s*detail = (?:'(\w+)'|v_problem),?\s*(hint)?")
TOLD_TO_BE_RAISED = re.compile(r"return '(business_hours_\w+)'")
ANNOUNCED = re.compile(r"Errors: ([\w, ]+)\.")


def sql() -> str:
    return "\n".join(path.read_text() for path in sorted((ROOT / "sql").rglob("*.sql")))


def raised() -> list[tuple[str, str, str]]:
    text = sql()
    assert text.count("errcode = ") == len(RAISED.findall(text)), "an error without status and stable code"
    return [
        (code, status, hint)
        for status, stated, hint in RAISED.findall(text)
        for code in ([stated] if stated else TOLD_TO_BE_RAISED.findall(text))
    ]


def registered() -> dict[str, str]:
    rows = REGISTERED.findall((ROOT / "docs/errors.md").read_text())
    assert len(rows) == len(dict(rows)), "a code is explained twice"
    return dict(rows)


def test_every_error_is_registered_with_its_status() -> None:
    assert registered() == {code: status for code, status, _ in raised()}


def test_an_error_has_one_status() -> None:
    assert len({(code, status) for code, status, _ in raised()}) == len(registered())


def test_every_error_of_the_api_says_what_to_do() -> None:
    assert [code for code, _, hint in raised() if not hint and code not in ("lease_lost", "not_a_token")] == []


def test_functions_announce_errors_that_there_are() -> None:
    announced = {code for codes in ANNOUNCED.findall(sql()) for code in codes.split(", ")}
    assert announced
    assert announced <= registered().keys()


def test_every_answer_of_the_webhook_app_is_registered() -> None:
    refusals = {
        refusal
        for module in (errors, api_errors)
        for refusal in vars(module).values()
        if isinstance(refusal, type) and issubclass(refusal, WebhooksError) and hasattr(refusal, "code")
    }
    answers = sorted((str(refusal.status), refusal.code) for refusal in refusals - {RefusedError})
    assert sorted(ANSWERED.findall((ROOT / "docs/errors.md").read_text())) == answers
