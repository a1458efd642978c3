"""Tables of a policy to begin with."""

ROUTE = "[[routes]]\n"
WHERE = "[[routes]]\n[routes.where]\n"
MAY_ALL = '\n[[rights]]\nwho = "U0ALICE01"\nmay = "*"\n'
RIGHT = '[[rights]]\nwho = "U0ALICE01"\nmay = "mute"\n'
WINDOW = '[[windows]]\ndays = "daily"\nstart = "02:00"\nlength = "2h"\nzone = "UTC"\n'
