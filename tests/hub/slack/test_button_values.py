"""What a button says that it is about: read as it was written, or refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.slack.button_values import Subject
from spoke.places import Cluster
from tests.hub.factories import instance_id


@given(
    st.builds(
        Cluster,
        st.from_regex(r"[0-9]{12}", fullmatch=True),
        st.sampled_from(["eu-west-1", "us-gov-west-1", "cn-north-1"]),
        st.from_regex(r"[A-Za-z0-9_-]{1,255}", fullmatch=True),
    ),
    st.from_regex(r"[0-9a-f]{32}", fullmatch=True),
    st.from_regex(r"inc-[0-9a-f]{10}", fullmatch=True),
)
@settings(max_examples=40, deadline=None)
def test_a_subject_that_is_written_and_read_is_the_same(cluster: Cluster, instance: str, name: str) -> None:
    subject = Subject(cluster, instance, name)

    assert Subject.parse(str(subject)) == subject
    assert len(str(subject)) <= 2_000


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("", id="empty"),
        pytest.param("terminate", id="one word"),
        pytest.param(f"{instance_id()}/inc-0123456789", id="no cluster"),
        pytest.param(f"2222/eu-west-1/prod/{instance_id()}/inc-0123456789", id="no account"),
        pytest.param(f"222233334444/prod/{instance_id()}/inc-0123456789", id="no Region"),
        pytest.param(f"222233334444/eu-west-1/prod payments/{instance_id()}/inc-0123456789", id="no cluster's name"),
        pytest.param(f"x/222233334444/eu-west-1/prod/{instance_id()}/inc-0123456789", id="something before it"),
        pytest.param("222233334444/eu-west-1/prod/i-1/inc-0123456789", id="no instance"),
        pytest.param(f"222233334444/eu-west-1/prod/{instance_id()}/", id="no incident"),
        pytest.param(f"222233334444/eu-west-1/prod/{instance_id()}/inc-0123456789/", id="something after it"),
        pytest.param(f"222233334444/eu-west-1/prod/{instance_id()}/<!channel>", id="a broadcast"),
        pytest.param(f"arn:aws:ecs:eu-west-1:222233334444:container-instance/{instance_id()}", id="an ARN"),
    ],
)
def test_a_subject_we_have_not_written_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Subject.parse(value)
