"""Clicks: a request is carried out, once, or refused with the reason."""
