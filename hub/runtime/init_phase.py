"""Lambda's init phase: what a function does once, before its first event.

There it has a whole processor and ten seconds, however little memory it has, and nobody waits for those that Lambda
starts ahead. So entry modules import and wire in it, instead of in the first invocation. Nothing is called over the
network meanwhile: init that waits for somebody fails for everybody. What fails raises, and Lambda begins anew with
another process.

The garbage collector rests meanwhile: it would walk through modules and service models again and again, and find
nothing. What is there in the end stays for good, so it is never walked through later either.
"""

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def in_lambda() -> bool:
    """Whether this process is a function of Lambda, which sets this name before anything of ours is imported."""
    return bool(os.environ.get("AWS_LAMBDA_FUNCTION_NAME"))


@contextmanager
def init_phase() -> Iterator[None]:
    """Let the collector rest meanwhile, in Lambda; elsewhere it is nobody's business here."""
    if not in_lambda():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def begin(wire: Callable[[], object]) -> None:
    """Wire now, in Lambda. Tests and the command line import the same modules, and nothing happens to them."""
    if in_lambda():
        with init_phase():
            wire()
