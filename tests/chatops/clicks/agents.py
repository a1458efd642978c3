"""Agents that come back and go again."""

from tests.chatops.story import Story, Victim


def come_back(story: Story, victim: Victim) -> None:
    story.fleet.known(story.cluster, victim.instance).connected = True


def go_again(story: Story, victim: Victim) -> None:
    story.fleet.known(story.cluster, victim.instance).connected = False
