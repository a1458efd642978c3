"""Clicks: a request becomes a deed, once, or is refused with the reason."""
