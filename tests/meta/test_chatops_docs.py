"""What people read about Slack is held to what the code says there, and to its pictures."""

import re

import pytest

from chatops.commands.answer_parts import SAY
from chatops.commands.help_pages import COMMANDS
from coastguard.checkout import ROOT
from hub.policy.policy import ACTIONS
from spoke.repairs import REMEDIES
from tests.browser.scenes import SCENES, Said

DOCUMENT = (ROOT / "docs/chatops.md").read_text()
PICTURES = ROOT / "docs/pictures"
SHOWN = re.findall(r"!\[([^\]]+)\]\(pictures/([a-z-]+)\.png\)", DOCUMENT)
CODE = "\n".join(path.read_text() for package in ("chatops", "hub", "spoke") for path in (ROOT / package).rglob("*.py"))


def section(title: str) -> str:
    [_, *rest] = re.split(rf"^#+ {re.escape(title)}$", DOCUMENT, flags=re.MULTILINE)
    return re.split(r"^#+ ", rest[-1], maxsplit=1, flags=re.MULTILINE)[0]


@pytest.mark.parametrize("name", [name for _, name in SHOWN])
def test_every_picture_that_the_page_names_is_there(name: str) -> None:
    assert (PICTURES / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_there_is_a_picture_of_every_scene_and_no_other() -> None:
    assert sorted(name for _, name in SHOWN) == sorted(SCENES) == sorted(path.stem for path in PICTURES.glob("*.png"))


def test_every_picture_says_in_words_what_is_to_be_seen() -> None:
    words = [words for words, _ in SHOWN]
    assert len(set(words)) == len(words)
    assert min(map(len, words)) > 15


def test_the_pictures_are_small() -> None:
    sizes = {path.name: path.stat().st_size for path in PICTURES.iterdir()}
    assert [name for name, size in sizes.items() if size > 60_000] == []
    assert sum(sizes.values()) < 1_000_000


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_described_with_its_form_and_a_picture(name: str) -> None:
    told, page = section(name), COMMANDS[name]
    assert f"`/ecs {page.form}`" in told
    assert f"](pictures/{name}.png)" in told
    assert page.example in {name, "help mute"} or f"`/ecs {page.example}`" in told


@pytest.mark.parametrize("right", [each for each in ACTIONS if each not in {"acknowledge", "approve"}])
def test_every_right_that_a_command_needs_is_named(right: str) -> None:
    assert f"right `{right}`" in " ".join(DOCUMENT.split()) or f"`{right}` for everything" in DOCUMENT


def test_every_refusal_is_one_that_the_code_says() -> None:
    rows = re.findall(r"^\| ([^|]+) \| [^|]+ \|$", section("What is refused, and why"), flags=re.MULTILINE)[1:]
    # The remedy's label stands where the code has it in a variable.
    said = [row.replace("Terminate is locked", " is locked") for row in rows if not row.startswith("---")]
    assert len(said) >= 15
    assert [sentence for sentence in said if sentence not in CODE] == []


def buttons(blocks: object) -> list[str]:
    """The labels of all buttons and menus in some blocks."""
    if isinstance(blocks, dict):
        own = [blocks["text"]["text"]] if blocks.get("type") == "button" and not own_words(blocks) else []
        own += [blocks["placeholder"]["text"]] if blocks.get("type") == "static_select" else []
        return own + [label for value in blocks.values() for label in buttons(value)]
    return [label for each in blocks for label in buttons(each)] if isinstance(blocks, list | tuple) else []


def own_words(button: dict[str, object]) -> bool:
    """Whether it says a command that an answer offers, in the answer's own words."""
    return str(button["action_id"]).startswith(SAY)


def test_every_button_of_a_message_is_described() -> None:
    told = section("A cluster's message") + section("Mutes")
    labels = {
        label
        for scene in SCENES.values()
        if isinstance(scene, Said)
        for label in buttons([*scene.blocks, *scene.attachments])
    }
    assert labels >= {
        "Acknowledge",
        "Approve",
        "Mute…",
        *(f"{remedy.label}{'…' * remedy.drastic}" for remedy in REMEDIES.values()),
    }
    assert [label for label in sorted(labels) if f"**{label}**" not in told] == []
