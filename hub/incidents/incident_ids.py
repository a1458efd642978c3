"""What an incident's id looks like. Apart from incidents, for whoever reads a button needs no more of them."""

import re

INCIDENT_ID = re.compile(r"inc-[0-9a-f]{10}")
