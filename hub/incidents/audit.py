"""The audit log: who did what, why, and what came of it. Entries are only ever added. Pure."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

LOG_KEPT = timedelta(days=400)
REFUSED = "refused: "
WITHDRAWN = "request withdrawn"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a cluster's log.

    `who` is a Slack user id, or "" for Coastguard itself; `where` the host it is about, of the cluster with this key;
    `reason` is what `who` gave for it, `checks` what a repair was held to before it began, `approved_by` the user who
    agreed, `mentions` the ids of those whom it concerns besides, `channel` where in Slack it was asked for, "" for the
    Home tab. A quiet entry is kept but not said in the bulletin's thread; one that is `aloud` is shown in the channel
    too, because an edit alone tells nobody.
    """

    at: datetime
    who: str
    what: str
    where: str
    result: str
    incident: str = ""
    request: str = ""
    source_identity: str = ""
    quiet: bool = False
    aloud: bool = False
    reason: str = ""
    checks: str = ""
    approved_by: str = ""
    cluster: str = ""
    channel: str = ""
    mentions: tuple[str, ...] = ()

    @property
    def speaks_for_us(self) -> bool:
        """Whether the result is a sentence of ours as people are told it, with mentions and dates in it."""
        return self.what.startswith(REFUSED) or self.what.endswith(f": {WITHDRAWN}")

    @property
    def key(self) -> str:
        """Its sort key: by time, and the same whenever the same step is repeated."""
        text = f"{self.who}|{self.what}|{self.where}|{self.result}|{self.incident}|{self.request}"
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        return f"log#{self.at.isoformat(timespec='milliseconds')}#{digest[:8]}"
