"""Entries: what the audit log keeps of a click. Pure."""

from dataclasses import replace
from datetime import datetime

from chatops.clicks.requests import Request
from hub.incidents.audit import Entry
from hub.incidents.incident import Incident


def entry_of(request: Request, at: datetime, what: str, incident: Incident, result: str) -> Entry:
    """Log what was done about an incident, for its thread too."""
    where = incident.sighting.host or incident.instance
    person = request.source_identity
    entry = Entry(at, request.user, what, where, result, incident.id, request.id, person, reason=request.reason)
    return replace(entry, channel=request.channel)


def quiet_entry_of(request: Request, at: datetime, what: str, where: str, result: str) -> Entry:
    """Log what is not worth a line in the thread."""
    person = request.source_identity
    entry = Entry(at, request.user, what, where, result, request.incident, request.id, person, quiet=True)
    return replace(entry, reason=request.reason, channel=request.channel)
