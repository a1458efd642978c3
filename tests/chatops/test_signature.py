"""The door: what comes in is what Slack has signed, just now, and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from chatops.signature import LARGEST_BODY, OLDEST_SECONDS, refusal
from coastguard.local.slack.workspace import SIGNING_SECRET
from tests.chatops.factories import NOW, signed

BODY = b"payload=%7B%7D"


@dataclass(frozen=True)
class Knock:
    """A request at the door: its headers, with lower-case names, and its body."""

    headers: Mapping[str, str]
    body: bytes = BODY
    now: datetime = NOW

    def refusal(self) -> str | None:
        return refusal(self.headers, self.body, SIGNING_SECRET, self.now)


def knock(body: bytes = BODY, at: datetime = NOW, secret: str = SIGNING_SECRET, **headers: str | None) -> Knock:
    """A well-signed request but for `headers`, which replace its own, or take them away."""
    well = {name.lower(): value for name, value in signed(body, at, secret).items()}
    changed = {name.replace("_", "-"): value for name, value in headers.items()}
    return Knock({name: value for name, value in {**well, **changed}.items() if value is not None}, body)


SIGNATURE = knock().headers["x-slack-signature"]
SECONDS = str(int(NOW.timestamp()))


@pytest.mark.parametrize(
    "knock",
    [
        pytest.param(knock(), id="signed now"),
        pytest.param(knock(b""), id="an empty body"),
        pytest.param(knock("ж😀".encode()), id="a body beyond ASCII"),
        pytest.param(knock(b"\xff\xfe"), id="a body that is no text"),
        pytest.param(knock(at=NOW - timedelta(seconds=OLDEST_SECONDS)), id="five minutes old"),
        pytest.param(knock(at=NOW + timedelta(seconds=OLDEST_SECONDS)), id="five minutes ahead"),
        pytest.param(knock(b"x" * LARGEST_BODY), id="as large as may be"),
        pytest.param(knock(x_something="else"), id="with other headers"),
    ],
)
def test_what_slack_signed_comes_in(knock: Knock) -> None:
    assert knock.refusal() is None


@pytest.mark.parametrize(
    ("knock", "reason"),
    [
        pytest.param(Knock({}), "unsigned", id="no headers"),
        pytest.param(knock(x_slack_signature=None), "unsigned", id="no signature"),
        pytest.param(knock(x_slack_request_timestamp=None), "unsigned", id="no timestamp"),
        pytest.param(knock(x_slack_signature=""), "unsigned", id="an empty signature"),
        pytest.param(knock(x_slack_request_timestamp=""), "unsigned", id="an empty timestamp"),
        pytest.param(knock(x_slack_request_timestamp="yesterday"), "unsigned", id="a timestamp in words"),
        pytest.param(knock(x_slack_request_timestamp=f"-{SECONDS}"), "unsigned", id="a negative timestamp"),
        pytest.param(knock(x_slack_request_timestamp=f"+{SECONDS}"), "unsigned", id="a timestamp with a plus"),
        pytest.param(knock(x_slack_request_timestamp=f"{SECONDS}.0"), "unsigned", id="a timestamp with a fraction"),
        pytest.param(knock(x_slack_request_timestamp=f" {SECONDS}"), "unsigned", id="a blank before the timestamp"),
        pytest.param(knock(x_slack_request_timestamp=f"{SECONDS}\n"), "unsigned", id="a line end after the timestamp"),
        pytest.param(knock(x_slack_request_timestamp=f"{SECONDS}é"), "unsigned", id="a timestamp beyond ASCII"),
        pytest.param(
            knock(x_slack_request_timestamp=SECONDS.translate({48 + n: 0x660 + n for n in range(10)})),
            "unsigned",
            id="Arabic digits, which int() reads",
        ),
        pytest.param(knock(x_slack_request_timestamp=f"{SECONDS}000"), "unsigned", id="13 digits: milliseconds"),
        pytest.param(knock(x_slack_request_timestamp="9" * 12), "old", id="12 digits: far ahead"),
        pytest.param(knock(x_slack_request_timestamp="9" * 5000), "unsigned", id="more digits than int() reads"),
        pytest.param(knock(x_slack_request_timestamp="0"), "old", id="1970"),
        pytest.param(knock(at=NOW - timedelta(seconds=OLDEST_SECONDS + 1)), "old", id="a second too old"),
        pytest.param(knock(at=NOW + timedelta(seconds=OLDEST_SECONDS + 1)), "old", id="a second too far ahead"),
        pytest.param(
            Knock(knock(at=NOW - timedelta(seconds=OLDEST_SECONDS)).headers, now=NOW + timedelta(milliseconds=1)),
            "old",
            id="a millisecond too old",
        ),
        pytest.param(knock(secret="another"), "forged", id="another secret"),
        pytest.param(knock(secret=""), "forged", id="no secret at all"),
        pytest.param(knock(x_slack_signature=f"v1={SIGNATURE[3:]}"), "unsigned", id="another version"),
        pytest.param(knock(x_slack_signature=SIGNATURE[3:]), "unsigned", id="no version"),
        pytest.param(knock(x_slack_signature=f"v0={SIGNATURE[3:].upper()}"), "unsigned", id="upper-case hex"),
        pytest.param(knock(x_slack_signature=SIGNATURE[:-1]), "unsigned", id="a short signature"),
        pytest.param(knock(x_slack_signature=f"{SIGNATURE}0"), "unsigned", id="a long signature"),
        pytest.param(knock(x_slack_signature=f"{SIGNATURE}\n"), "unsigned", id="a line end after the signature"),
        pytest.param(knock(x_slack_signature=f"v0={'é' * 64}"), "unsigned", id="a signature beyond ASCII"),
        pytest.param(knock(x_slack_signature=f"v0={'0' * 64}"), "forged", id="a signature made up"),
        pytest.param(
            knock(x_slack_request_timestamp=str(int(SECONDS) + 1)), "forged", id="a signature of another second"
        ),
        pytest.param(Knock(knock().headers, BODY + b"&x=1"), "forged", id="a body with more"),
        pytest.param(Knock(knock().headers, b""), "forged", id="a body taken away"),
        pytest.param(Knock(knock().headers, BODY.lower()), "forged", id="a body written otherwise"),
        pytest.param(knock(b"x" * (LARGEST_BODY + 1)), "oversized", id="a byte too large, well signed"),
        pytest.param(Knock({}, b"x" * (LARGEST_BODY + 1)), "oversized", id="a byte too large, unsigned"),
    ],
)
def test_what_slack_did_not_sign_stays_out(knock: Knock, reason: str) -> None:
    assert knock.refusal() == reason


def test_the_largest_body_is_one_mebibyte_and_the_oldest_request_five_minutes_old() -> None:
    assert (LARGEST_BODY, OLDEST_SECONDS) == (1_048_576, 300)


def test_slacks_own_example_comes_in() -> None:
    # https://docs.slack.dev/authentication/verifying-requests-from-slack
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    headers = {
        "x-slack-request-timestamp": "1531420618",
        "x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    }
    now = datetime.fromtimestamp(1531420618, NOW.tzinfo)
    assert refusal(headers, body, "8f742231b10e8888abcd99yyyzzz85a5", now) is None
