"""A bulletin of more instances than have a row each."""

from hub.incidents.content import CHOICES
from tests.hub.factories import incident, sighting
from tests.hub.rendering import check_bulletin, drawn, length, words


def test_beyond_a_row_each_a_bulletin_is_of_constant_size() -> None:
    sizes = {
        count: length(drawn(*(incident(number) for number in range(1, count + 1)))) for count in (30, 100, 1_000, 5_000)
    }

    assert max(sizes.values()) - min(sizes.values()) < 50


def test_many_zones_do_not_make_it_longer() -> None:
    message = drawn(*(incident(n, sighting=sighting(n, zone=f"eu-west-1{chr(97 + n % 26)}")) for n in range(1, 200)))

    assert words(message).count("eu-west-1") < 30 + CHOICES
    check_bulletin(message)
