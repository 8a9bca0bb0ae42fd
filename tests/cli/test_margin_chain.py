"""`pmkit margin ADDRESS`: what a chain keeps, judged as the chain judges it. SPEC PM-19."""

from __future__ import annotations

import json
from decimal import Decimal

from click.testing import CliRunner

from pmkit.cli import main
from pmkit.cli.format import ratio_text

BTC = 0


def run(*arguments):
    """Run the command line, which must succeed, and return its JSON."""
    result = CliRunner().invoke(main, [*arguments, "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_health_factor_of_a_chain_account_is_the_swept_one_of_the_watch_list(venue):
    # The short loses 50,000 after its last sweep: the stored debt is 10,000, the swept one 65,000.
    trader = venue.sender("trader")
    trader.supply("UBTC", 10**10)
    trader.set_leverage(BTC, 10)
    trader.order(BTC, is_buy=False, limit_px=1, sz=10**5)
    venue.set_prices({"BTC": "150000.0"}, spots={"UBTC": "150000.0"})
    shown = run("margin", trader.address, "--rpc", venue.node.url)
    listed = run("accounts", "--rpc", venue.node.url)["accounts"]
    mine = next(row for row in listed if row["address"] == trader.address)
    assert shown["healthFactor"] == mine["healthFactor"]
    assert shown["healthFactor"] == ratio_text(venue.reader.margin(trader.address).health_factor)
    assert abs(Decimal(shown["healthFactor"]) - Decimal(75) / 65) < Decimal("1e-6")
    stored = venue.reader.stored_margin(trader.address).health_factor
    assert shown["healthFactor"] != ratio_text(stored)
    assert shown["health"] == mine["health"]
