"""Incidents' rows: one for each incident, or pages of many.

A page holds a cluster's incidents packed: a thousand are some 60 KB, a transaction instead of eleven, and a thirtieth
of the write units. Where an incident is it stays, in its row or in a page, until it is forgotten; `opens_in_pages` says
where one begins that nobody has kept yet. So both kinds stand beside each other, and nothing is ever moved.

A page is written on condition of its version, as every row is. But whoever finds another version has only to read it
again: each incident in it has its own, and only who writes one that somebody else has changed conflicts. So two people
who act on two incidents of a page, or a look and a person, hinder each other no more than with a row for each.
"""

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from hub.incidents.incident import Incident
from hub.table.rows import Draft, cluster_pk, codec, draft, moment, open_key
from hub.table.writes import Conflict

INSTANCE, PAGE = "instance#", "incidents#"
"""Where their sort keys begin."""
OPEN, OVER = "incidents", "over"
"""The index's partitions."""

# A write of 1 KB is a unit, two in a transaction, and a partition takes 1,000 a second. DynamoDB takes rows of 400 KB.
PAGE_BYTES = 100_000


@dataclass(frozen=True, slots=True)
class Page:
    """Some of a cluster's incidents, by instance. `version` grows with each write of the page, 0 before the first."""

    number: int
    version: int
    incidents: Mapping[str, Incident]


def incident_row(incident: Incident) -> Draft:
    """Draft the row of an incident."""
    row = draft(cluster_pk(incident.cluster), f"{INSTANCE}{incident.instance}", incident, incident.version)
    return _indexed(row, [incident], incident.instance)


def page_row(page: Page) -> Draft:
    """Draft the row of a page that has an incident; `version` is the one that was read."""
    cluster = next(iter(page.incidents.values())).cluster
    row = Draft(cluster_pk(cluster), f"{PAGE}{page.number}", page.version + 1, None)
    row.packed = _packed(page.incidents.values())
    return _indexed(row, list(page.incidents.values()), str(page.number))


def read_page(sk: str, version: int, packed: bytes) -> Page:
    """Read a page's row."""
    incidents = [codec().structure(each, Incident) for each in json.loads(zlib.decompress(packed))]
    return Page(int(sk.removeprefix(PAGE)), version, {incident.instance: incident for incident in incidents})


def arranged(
    pages: Sequence[Page], changed: Iterable[Incident], *, opens_in_pages: bool, now: datetime | None
) -> tuple[list[Page], list[Incident]]:
    """Say which pages are to be written that changed incidents belong into, and which incidents have rows.

    What has expired by now is left out of the pages. Raises Conflict if somebody else has changed one of the incidents.
    """
    standing = {page.number: page for page in pages}
    at = {instance: page.number for page in pages for instance in page.incidents}
    written: dict[int, dict[str, Incident]] = {}
    alone: list[Incident] = []
    for incident in changed:
        number = at.get(incident.instance)
        if number is None and (incident.version or not opens_in_pages):
            alone.append(incident)
            continue
        if number is None:
            number = max(standing, default=0)
        elif standing[number].incidents[incident.instance].version != incident.version:
            raise Conflict(f"{incident.id} has another version")
        written.setdefault(number, {})[incident.instance] = replace(incident, version=incident.version + 1)
    found: list[Page] = []
    free = max(standing, default=0) + 1
    for number, mine in written.items():
        page = standing.get(number, Page(number, 0, {}))
        kept = {instance: each for instance, each in page.incidents.items() if not _has_expired(each, now)}
        first, *others = _in_parts(list((kept | mine).values()))
        found.append(replace(page, incidents=_by_instance(first)))
        found += [Page(free + more, 0, _by_instance(part)) for more, part in enumerate(others)]
        free += len(others)
    return found, alone


def _indexed(row: Draft, incidents: Sequence[Incident], name: str) -> Draft:
    """Give a row its place in the index: among what is open, or by when the last of it was over."""
    cluster = incidents[0].cluster
    ended = [incident.resolved_at for incident in incidents if incident.resolved_at]
    expires = [incident.expires for incident in incidents if incident.expires]
    if len(ended) == len(expires) == len(incidents):
        row.expires = int(max(expires).timestamp())
        row.open_pk, row.open_sk = OVER, f"{moment(max(ended))}/{open_key(cluster)}/{name}"
    else:
        row.open_pk, row.open_sk = OPEN, f"{open_key(cluster)}/{name}"
    return row


def _packed(incidents: Iterable[Incident]) -> bytes:
    text = json.dumps([codec().unstructure(incident) for incident in incidents], separators=(",", ":"))
    return zlib.compress(text.encode())


def _in_parts(incidents: Sequence[Incident]) -> Iterator[Sequence[Incident]]:
    """Cut into parts that fit a page."""
    if len(incidents) == 1 or len(_packed(incidents)) <= PAGE_BYTES:
        yield incidents
        return
    middle = len(incidents) // 2
    yield from _in_parts(incidents[:middle])
    yield from _in_parts(incidents[middle:])


def _by_instance(incidents: Iterable[Incident]) -> dict[str, Incident]:
    return {incident.instance: incident for incident in incidents}


def _has_expired(incident: Incident, now: datetime | None) -> bool:
    return now is not None and incident.expires is not None and incident.expires <= now
