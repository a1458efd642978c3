"""Where AWS would be: a fleet without accounts, in which nothing happens."""


class Calm:
    """As much of the embedded AWS as the page needs."""

    def ask(self, _what: str) -> dict[str, object]:
        return {"revision": 0, "accounts": []}
