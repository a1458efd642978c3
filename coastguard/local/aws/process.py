"""The process: everything put together, served until stdin ends or a signal comes, and ended without a trace."""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import ministack.app
from ministack.core import lambda_runtime

from coastguard.local.aws import (
    bucket_owners,
    code,
    event_bus_policy,
    examination,
    loops,
    moto_mount,
    organizations,
    source_identity,
    ssm_document,
    stacksets,
    targets,
    template_addresses,
)
from coastguard.local.aws.control import PREFIX, Control, Receive, Scope, Send
from coastguard.local.aws.launch import Launch
from coastguard.local.aws.loops import Chains
from coastguard.local.aws.mappings import Mappings
from coastguard.local.aws.silence import Silence
from coastguard.local.fleet import moto_gaps, systems_manager
from coastguard.local.fleet.events import Event, emit
from coastguard.local.fleet.fleet import Fleet
from coastguard.local.layout.layouts import LAYOUTS
from coastguard.local.record import Record
from coastguard.local.serving import PATIENCE_SECONDS
from coastguard.local.serving import serve as serve_until

Tell = Callable[[str], None]


def serve(launch: Launch, listener: socket.socket, announce: Callable[[], None], tell: Tell) -> None:
    """Serve on the listener; `announce` is called once the world answers, `tell` with what takes long."""
    moto_gaps.fill()
    asyncio.run(_serve(launch, listener, announce, tell))


async def _serve(launch: Launch, listener: socket.socket, announce: Callable[[], None], tell: Tell) -> None:
    loop = asyncio.get_running_loop()
    record = Record(time.time)
    layout = LAYOUTS[launch.layout]
    fleet = Fleet(layout, record, _from_any_thread(loop), _later(loop), launch.boot_seconds)
    tell(f"building the fleet: {layout.about}")
    fleet.build()
    systems_manager.RUNS.append(fleet.agents.take)
    chains, silence = Chains(), Silence()
    _install(record, fleet, chains, silence, tell)
    ended = asyncio.Event()

    def end() -> None:
        ended.set()
        # Whoever waits for a function's answer is not cut off before the function is.
        loop.call_later(PATIENCE_SECONDS, lambda_runtime.reset)

    _watch_for_the_end(loop, end)
    try:
        await serve_until(_application(Control(fleet, record, chains, silence), announce), listener, ended)
    finally:
        lambda_runtime.reset()


def _install(record: Record, fleet: Fleet, chains: Chains, silence: Silence, tell: Tell) -> None:
    """Patch MiniStack, each subject by its own module."""
    organization = fleet.layout.organization
    code.install()
    examination.install(record)
    source_identity.install(record, organization)
    organizations.install(organization)
    targets.install(record)
    Mappings(record).install()
    loops.install(chains)
    event_bus_policy.install()
    ssm_document.install()
    bucket_owners.install()
    template_addresses.install()
    stacksets.install(organization, record, tell)

    async def after_change(account: str, region: str) -> None:
        await asyncio.to_thread(fleet.catch_up, account, region)

    moto_mount.mount(after_change, silence)


def _application(control: Control, announce: Callable[[], None]) -> Callable[[Scope, Receive, Send], Any]:
    """Return the ASGI application: /_world/ is the control plane's, everything else MiniStack's."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(PREFIX):
            await control(scope, receive, send)
        elif scope["type"] == "lifespan":
            await ministack.app.app(scope, receive, announcing(send))
        else:
            await ministack.app.app(scope, receive, send)

    def announcing(send: Send) -> Send:
        async def watched(message: Mapping[str, Any]) -> None:
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                announce()

        return watched

    return application


def _from_any_thread(loop: asyncio.AbstractEventLoop) -> Callable[[Event], None]:
    """Return what emits an event on MiniStack's thread, wherever it is called."""

    def announce(event: Event) -> None:
        loop.call_soon_threadsafe(emit, event)

    return announce


def _later(loop: asyncio.AbstractEventLoop) -> Callable[[float, Callable[[], None]], None]:
    """Return what does something on a worker thread after some seconds, wherever it is called."""

    def later(seconds: float, what: Callable[[], None]) -> None:
        loop.call_soon_threadsafe(loop.call_later, seconds, loop.run_in_executor, None, what)

    return later


def _watch_for_the_end(loop: asyncio.AbstractEventLoop, end: Callable[[], None]) -> None:
    """Call `end` at SIGTERM, SIGINT, or when stdin ends: a parent that was killed cannot say anything else."""
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    stdin = sys.stdin.fileno()

    def read() -> None:
        if not os.read(stdin, 4096):
            loop.remove_reader(stdin)
            end()

    try:
        loop.add_reader(stdin, read)
    except PermissionError:  # a file or /dev/null, which cannot be waited for and has nothing to say
        end()
