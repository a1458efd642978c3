"""`python -m coastguard.local.aws '{"folder": "/tmp/..."}'`: run the embedded AWS until stdin ends.

What it prints are lines of JSON: {"port": 1234} once it answers, {"progress": "..."} whenever something takes long.
"""

import gc
import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from coastguard.local import symbols
from coastguard.local.aws.launch import Launch, claim_folder, enter_environment, environment, release_folder
from coastguard.local.aws.listener import listen


def main() -> None:
    """Prepare what must stand before MiniStack is imported, then serve."""
    if len(sys.argv) != 2:
        raise SystemExit('Usage: python -m coastguard.local.aws \'{"folder": "...", "port": 0, "auth": true}\'')
    try:
        launch = Launch.from_json(sys.argv[1])
        claim_folder(launch.folder)
    except ValueError as error:
        raise SystemExit(str(error)) from None
    # Until the server listens to it, a signal still has to leave by way of the folder's removal.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(1))
    try:
        run(launch)
    finally:
        release_folder(launch.folder)
    # MiniStack's pollers are threads that may hold the interpreter for a minute; there is nothing left to save.
    os._exit(0)


def run(launch: Launch) -> None:
    """Serve until stdin ends or a signal asks to stop."""
    listener = listen(launch.port)
    port = listener.getsockname()[1]
    # Over half a second of the start would be the collector looking through moto's tables again and again.
    gc.disable()
    with output_into(launch.log) as terminal:
        enter_environment(environment(launch, port, os.environ.copy()))
        symbols.check()
        from coastguard.local.aws.process import serve  # noqa: PLC0415 - MiniStack reads the environment at import

        def tell(**words: object) -> None:
            print(json.dumps(words), file=terminal, flush=True)

        def announce() -> None:
            gc.freeze()
            gc.enable()
            tell(port=port)

        serve(launch, listener, announce, lambda text: tell(progress=text))


@contextmanager
def output_into(log: Path) -> Iterator[TextIO]:
    """Send what this process and its children print into `log`, and yield the stdout that was there before.

    If something goes wrong, stderr is the old one again, so that the reason of a failed start is seen. Else it stays as
    it is: threads that nobody stops may say something until the very end.
    """
    terminal, complaints = os.dup(1), os.dup(2)
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)
    with os.fdopen(terminal, "w") as stdout:
        try:
            yield stdout
        except BaseException:
            os.dup2(complaints, 2)
            raise
        finally:
            os.close(complaints)


if __name__ == "__main__":
    main()
