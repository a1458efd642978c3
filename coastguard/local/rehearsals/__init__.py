"""Rehearsals: stories played in the local world without a browser. A new one is a module and a line in SCENARIOS."""

from coastguard.local.layout.layouts import CROWD, WIDE
from coastguard.local.rehearsals import (
    chatops,
    disk_full,
    docker_hangs,
    flap,
    flood,
    ghost,
    grid,
    growth,
    loop,
    member_locked_out,
    one_agent,
    poison,
    restart_agent,
    scale_in,
    slack_outage,
    slow_region,
    storm,
    sweep_finds_it,
    zone,
)
from coastguard.local.rehearsals.scenario import Scenario

SCENARIOS: dict[str, Scenario] = {
    "one-agent": Scenario(one_agent.ABOUT, one_agent.play),
    "restart-agent": Scenario(restart_agent.ABOUT, restart_agent.play),
    "disk-full": Scenario(disk_full.ABOUT, disk_full.play),
    "docker-hangs": Scenario(docker_hangs.ABOUT, docker_hangs.play),
    "ghost": Scenario(ghost.ABOUT, ghost.play),
    "scale-in": Scenario(scale_in.ABOUT, scale_in.play, layout=CROWD),
    "flap": Scenario(flap.ABOUT, flap.play),
    "sweep-finds-it": Scenario(sweep_finds_it.ABOUT, sweep_finds_it.play, before=sweep_finds_it.before),
    "storm": Scenario(storm.ABOUT, storm.play, layout=CROWD),
    "zone": Scenario(zone.ABOUT, zone.play, layout=WIDE),
    "poison": Scenario(poison.ABOUT, poison.play),
    "flood": Scenario(flood.ABOUT, flood.play),
    "slack-outage": Scenario(slack_outage.ABOUT, slack_outage.play),
    "chatops": Scenario(chatops.ABOUT, chatops.play),
    "grid": Scenario(grid.ABOUT, grid.play, policy=grid.POLICY),
    "growth": Scenario(growth.ABOUT, growth.play),
    "loop": Scenario(loop.ABOUT, loop.play, longer_grace=loop.LONGER_GRACE),
    "slow-region": Scenario(slow_region.ABOUT, slow_region.play),
    "member-locked-out": Scenario(member_locked_out.ABOUT, member_locked_out.play),
}
