from coastguard.checkout import ROOT
from coastguard.local.slack.server import routes
from coastguard.local.slack.workspace import Workspace


def test_every_address_that_people_and_rehearsals_use_is_documented() -> None:
    words = (ROOT / "docs" / "local-world.md").read_text()
    paths = {route.path for route in routes(Workspace(lambda: 0.0)) if "{" not in route.path}
    assert len(paths) > 10
    assert sorted(path for path in paths if path not in words) == []
