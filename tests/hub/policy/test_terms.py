"""On what terms clusters are watched: how the texts are read, and what they say of a cluster."""

from dataclasses import replace
from datetime import timedelta

import pytest

from hub.policy.terms import ANY, BadTerms, Terms
from spoke.places import Cluster
from tests.hub.factories import CHANNEL, CLUSTER, ELSEWHERE, GRACE, TERMS

SECOND = timedelta(seconds=1)


def read(longer: str = "", clusters: str = "", channels: str = "") -> Terms:
    return Terms.read(120, CHANNEL, longer, clusters, channels)


def test_without_texts_all_clusters_have_the_usual_terms() -> None:
    terms = read()

    assert terms == TERMS
    assert (terms.by_tag, terms.grace_of(CLUSTER), terms.channel_of("prod")) == (False, GRACE, CHANNEL)


@pytest.mark.parametrize(
    ("longer", "cluster", "seconds"),
    [
        pytest.param("222233334444=1800", CLUSTER, 1800, id="an account"),
        pytest.param("222233334444=1800", ELSEWHERE, 120, id="another account"),
        pytest.param("222233334444/eu-west-1/prod-payments=60", CLUSTER, 60, id="a cluster"),
        pytest.param("*/*/prod-*=900", CLUSTER, 900, id="clusters of a kind, anywhere"),
        pytest.param("*/*/prod-*=900", ELSEWHERE, 120, id="clusters of another kind"),
        pytest.param("*/us-*/*=900", ELSEWHERE, 900, id="Regions of a kind"),
        pytest.param("222233334444/*/prod-payment?=30", CLUSTER, 30, id="one letter"),
        pytest.param("PROD*=1 *=2", CLUSTER, 2, id="upper and lower case differ"),
        pytest.param("222233334444=7 *=8", CLUSTER, 7, id="the first that fits"),
        pytest.param("  *=8\n\t222233334444=7 ", CLUSTER, 8, id="the first that fits, however it is written"),
        pytest.param("*=0", CLUSTER, 0, id="none at all"),
        pytest.param("*=999999", CLUSTER, 999_999, id="the longest"),
        pytest.param("22223333444=7", CLUSTER, 120, id="a part of an account is none"),
    ],
)
def test_the_grace_of_a_cluster(longer: str, cluster: Cluster, seconds: int) -> None:
    assert read(longer=longer).grace_of(cluster) == seconds * SECOND


@pytest.mark.parametrize(
    ("clusters", "tag", "watched"),
    [
        pytest.param("", None, True, id="all: without a tag"),
        pytest.param("", "anything", True, id="all: with one"),
        pytest.param("*", None, False, id="any value: without a tag"),
        pytest.param("*", "", True, id="any value: an empty one"),
        pytest.param("*", "anything", True, id="any value: one"),
        pytest.param("prod batch", "prod", True, id="given values: one of them"),
        pytest.param("prod batch", "test", False, id="given values: another"),
        pytest.param("prod batch", "", False, id="given values: an empty one"),
        pytest.param("prod batch", None, False, id="given values: without a tag"),
        pytest.param("prod", "PROD", False, id="given values: written otherwise"),
        pytest.param("prod batch", ANY, True, id="given values: nobody could read it"),
        pytest.param("*", ANY, True, id="any value: nobody could read it"),
    ],
)
def test_which_clusters_are_watched(clusters: str, tag: str | None, watched: bool) -> None:
    assert read(clusters=clusters).watches(tag) is watched


@pytest.mark.parametrize(
    ("tag", "channel"),
    [
        pytest.param("batch", "C0BATCH1", id="a group with a channel"),
        pytest.param("prod", CHANNEL, id="a group without"),
        pytest.param(None, CHANNEL, id="no group"),
        pytest.param(ANY, CHANNEL, id="nobody knows its group"),
        pytest.param("a=b", "C0EQUALS", id="a group with = in its name"),
    ],
)
def test_which_channel_hears(tag: str | None, channel: str) -> None:
    assert read(channels="batch=C0BATCH1 a=b=C0EQUALS").channel_of(tag) == channel


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        pytest.param({"longer": "222233334444"}, "222233334444: write pattern=seconds", id="grace without seconds"),
        pytest.param({"longer": "=5"}, "=5: write pattern=seconds", id="grace of nobody"),
        pytest.param({"longer": "a= b= c=1"}, "a=, b=: write", id="several wrong ones are all named"),
        pytest.param({"longer": "a=30m"}, "a=30m: the grace must be a whole number", id="grace in words"),
        pytest.param({"longer": "a=-1"}, "whole number", id="less than nothing"),
        pytest.param({"longer": "a=1000000"}, "at most 999999", id="for weeks"),
        pytest.param({"channels": "prod"}, "prod: write group=channel", id="group without channel"),
        pytest.param({"channels": "prod=#alerts"}, "give a channel's id", id="a channel's name"),
        pytest.param({"channels": "prod=C0<!channel>"}, "give a channel's id", id="no channel at all"),
    ],
)
def test_what_cannot_be_read_is_said(texts: dict[str, str], said: str) -> None:
    with pytest.raises(BadTerms) as caught:
        read(**texts)

    assert said in str(caught.value)


def test_terms_of_one_cluster_are_not_those_of_one_whose_name_begins_alike() -> None:
    terms = read(longer="222233334444/eu-west-1/prod-payments=60")

    assert terms.grace_of(replace(CLUSTER, name="prod-payments-2")) == GRACE
