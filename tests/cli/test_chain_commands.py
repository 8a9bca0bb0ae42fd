"""`pmkit price | mine | warp`: a chain by command."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from click.testing import CliRunner

from pmkit.cli import main

HYPE, BTC = "HYPE", "BTC"


@pytest.fixture
def run(venue, monkeypatch):
    monkeypatch.delenv("PMKIT_DEPLOYMENT", raising=False)

    def run(*arguments):
        command, *rest = arguments
        return CliRunner().invoke(main, [command, "--rpc", venue.node.url, *rest])

    return run


def printed(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_price_moves_mark_oracle_and_spot_alike(run, venue):
    found = printed(run("price", "HYPE=31.5", "BTC=-10%", "--json"))
    assert Decimal(found["perps"][HYPE]) == Decimal(found["spots"][HYPE]) == Decimal("31.5")
    # 100,000 less a tenth.
    assert Decimal(found["perps"][BTC]) == Decimal(found["spots"]["UBTC"]) == 90_000
    (btc,) = [px for px in venue.reader.prices().perps if px.asset == 0]
    assert btc.oracle == btc.mark == 900_000


def test_price_of_a_token_without_a_perp(run):
    found = printed(run("price", "USDH=0.98", "--json"))
    assert Decimal(found["spots"]["USDH"]) == Decimal("0.98")
    assert printed(run("price", "--json")) == found


def test_mine_makes_as_many_blocks_as_asked(run, venue):
    before = venue.rpc.block_number()
    assert printed(run("mine", "3", "--json"))["block"] == before + 3
    assert printed(run("mine", "--json"))["block"] == before + 4
