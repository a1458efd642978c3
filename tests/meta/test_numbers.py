"""Every number that a document says is held: by a value of the code or the templates, or by others, who are named.

A number that nobody holds fails here. Left out are the figures of the benchmark, which the command writes, and code,
addresses and what pictures show.
"""

import re

import pytest

from coastguard.checkout import ROOT
from tests.meta.numbers import CLAIMS, ELSEWHERE, Claim, value_of
from tests.meta.test_docs import DOCUMENTS

HELD = [(place, claim) for place, claims in CLAIMS.items() for claim in claims]
SAID = [(place, text, by) for place, texts in ELSEWHERE.items() for text, by in texts]
NUMBER = re.compile(
    r"(?<![\w.#/-])\d[\d,]*(?:\.\d+)?(?![\w-])"
    r"|\b(?:three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fifteen|twenty|hundred|thousand)\b"
    r"|\b(?:half|quarter|fifth|tenth)\b",
    re.IGNORECASE,
)
# Where numbers are no claims: figures that a command writes, code, links, pictures, list markers, addresses, dates.
NOT_PROSE = re.compile(
    r"<!-- measured: .*?<!-- measured until here -->|```.*?```|`[^`\n]*`|!\[[^\]]*\]\([^)]*\)|\]\([^)]*\)|https?://\S+"
    r"|^ *\d\. |127\.0\.0\.1|\d{4}-\d\d-\d\d|^#+ [^\n]*",
    re.DOTALL | re.MULTILINE,
)


def plain(text: str) -> str:
    return " ".join(text.split())


def without_marks(text: str) -> str:
    return re.sub(r"<([^<>]+)>", r"\1", text)


@pytest.mark.parametrize(("place", "claim"), HELD, ids=[f"{place}: {claim.text}" for place, claim in HELD])
def test_a_number_is_what_the_code_says(place: str, claim: Claim) -> None:
    assert without_marks(claim.text) in plain((ROOT / place).read_text()), "the document says it in other words"
    written = re.findall(r"<([^<>]+)>", claim.text)
    assert [value_of(each.lower()) for each in written] == list(claim.values)
    assert written


@pytest.mark.parametrize(("place", "text", "by"), SAID, ids=[f"{place}: {text}" for place, text, _ in SAID])
def test_what_others_say_is_quoted_with_its_source(place: str, text: str, by: str) -> None:
    assert without_marks(text) in plain((ROOT / place).read_text())
    assert by.startswith("https://") or (ROOT / by).is_file()


def unheld(place: str, text: str) -> list[str]:
    """The numbers of a text that neither a claim nor a quotation holds, each with the words around it."""
    prose = plain(NOT_PROSE.sub("`", text))
    known = [claim.text for claim in CLAIMS.get(place, [])] + [text for text, _ in ELSEWHERE.get(place, [])]
    for each in known:
        prose = prose.replace(plain(NOT_PROSE.sub("`", without_marks(each))), "`")
    return [prose[max(match.start() - 40, 0) : match.end() + 30] for match in NUMBER.finditer(prose)]


@pytest.mark.parametrize("place", [str(path.relative_to(ROOT)) for path in DOCUMENTS if path.name != "CHANGELOG.md"])
def test_every_number_is_held(place: str) -> None:
    assert unheld(place, (ROOT / place).read_text()) == []


@pytest.mark.parametrize(
    "text", ["It takes 7 s.", "It takes seven seconds.", "a third and half of it", "up to 1,000 of them"]
)
def test_a_number_that_nobody_holds_is_found(text: str) -> None:
    assert unheld("README.md", text)
