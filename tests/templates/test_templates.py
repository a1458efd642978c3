import pytest

from tests.templates.checks import CHECKS, Check
from tests.templates.reading import FILES, read_all
from tests.templates.world import WISHES, Wishes, World

# What CloudFormation takes by address, for stacks and StackSets alike. Inline it is 51,200 bytes.
LARGEST_TEMPLATE = 1_000_000


@pytest.mark.parametrize("wishes", WISHES.values(), ids=WISHES)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_templates_hold(check: Check, wishes: Wishes) -> None:
    assert check(World(read_all(), wishes)) == []


@pytest.mark.parametrize("name", FILES)
def test_a_template_is_small_enough_to_be_given_by_its_address(name: str) -> None:
    assert FILES[name].stat().st_size < LARGEST_TEMPLATE
