import pytest

from tests.templates.breaking import Break
from tests.templates.breaks import BREAKS
from tests.templates.checks import CHECKS, Check
from tests.templates.reading import read_all
from tests.templates.world import WISHES, World


@pytest.mark.parametrize("broken", BREAKS, ids=lambda broken: broken.text)
def test_a_broken_template_is_caught(broken: Break) -> None:
    [check] = [check for check in CHECKS if check.__name__ == broken.check]
    templates = broken.applied(read_all())
    assert any(check(World(templates, wishes)) for wishes in WISHES.values())


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_every_check_is_proven_by_a_break(check: Check) -> None:
    assert check.__name__ in {broken.check for broken in BREAKS}


def test_no_two_breaks_are_called_the_same() -> None:
    assert len({broken.text for broken in BREAKS}) == len(BREAKS)
