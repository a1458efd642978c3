"""moto keeps its state without locks, so whoever touches it, in the fleet or for a call, does so inside `with MOTO`."""

import threading

MOTO = threading.RLock()
