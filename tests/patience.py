"""How long tests wait for what comes in a moment.

So long that only what never comes is missed, however busy the machine: whoever waits goes on as soon as it is there.
"""

PATIENCE_SECONDS = 120
