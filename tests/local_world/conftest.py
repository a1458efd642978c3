from collections.abc import Callable, Iterator

import pytest

from tests.local_world.embedded_aws import EmbeddedAws


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    """One for all tests of a module."""
    started = EmbeddedAws.start(tmp_path_factory.mktemp("aws") / "world", boot_seconds=0.2)
    yield started
    started.stop()


@pytest.fixture
def start_aws() -> Iterator[Callable[..., EmbeddedAws]]:
    """Start one and leave its end to the test; one that still runs afterwards is killed."""
    started: list[EmbeddedAws] = []

    def start(*arguments: object, **settings: object) -> EmbeddedAws:
        started.append(EmbeddedAws.start(*arguments, **settings))  # type: ignore[arg-type] # handed through
        return started[-1]

    yield start
    for aws in started:
        if aws.process.poll() is None:
            aws.process.kill()
        aws.stop()
