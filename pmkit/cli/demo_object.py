"""What `pmkit demo --json` prints: one object, numbers as decimal strings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pmkit.cli.format import displayed_px_text, health_factor_text, ratio_text
from pmkit.decimals import fixed, trimmed
from pmkit.units import PERP_DECIMALS

if TYPE_CHECKING:
    from pmkit.demo import Demo
    from pmkit.demo.carry import Carry, Stop
    from pmkit.demo.conservation import TokenLedger
    from pmkit.demo.crash import Crash, Standing, Taken

USD_DECIMALS = 8
WAD_DECIMALS = 18
LIQUIDATED = "liquidated"
"""State of an account whose position liquidation has closed."""


def demo_object(seen: Demo) -> dict[str, Any]:
    """Return what was seen as `--json` prints it: numbers are decimal strings."""
    crash = seen.crash
    return {
        "recorded": {
            "account": seen.recorded.account,
            "block": seen.recorded.block,
            "figures": [
                {
                    "name": figure.name,
                    "chain": fixed(figure.chain, figure.decimals),
                    "python": fixed(figure.python, figure.decimals),
                    "venue": figure.venue,
                }
                for figure in seen.recorded.figures
            ],
        },
        "carry": {
            "stops": [stop_object(stop, seen.carry) for stop in seen.carry.stops],
            "firstLiquidatable": trimmed(seen.carry.first_liquidatable, seen.carry.px_decimals),
            "firstLiquidatableDocs": trimmed(
                seen.carry.first_liquidatable_docs, seen.carry.px_decimals
            ),
            "alone": {
                "liquidationPx": displayed_px_text(seen.carry.alone_liquidation_px),
                "firstLiquidatable": trimmed(
                    seen.carry.alone_first_liquidatable, seen.carry.px_decimals
                ),
                "steps": [trimmed(m, seen.carry.px_decimals) for m in seen.carry.alone_steps],
            },
        },
        "liquidation": {
            "before": [standing_object(standing) for standing in crash.before],
            "crashed": [standing_object(standing) for standing in crash.crashed],
            "steps": [step_object(step, crash) for step in crash.steps],
            "after": [standing_object(standing) for standing in crash.after],
            "conservation": [ledger_object(ledger) for ledger in crash.ledgers],
        },
        "ok": True,
    }


def stop_object(stop: Stop, carry: Carry) -> dict[str, Any]:
    """Return one stop of the carry trade."""
    return {
        "mark": trimmed(stop.mark, carry.px_decimals),
        "netTotal": fixed(stop.net_total, USD_DECIMALS),
        "perpEquity": fixed(stop.perp_equity, PERP_DECIMALS),
        "borrowed": fixed(stop.borrowed, USD_DECIMALS),
        "supplied": fixed(stop.supplied, USD_DECIMALS),
        "healthFactor": health_factor_text(stop.health_factor),
        "portfolioMarginRatio": ratio_text(stop.ratio),
        "portfolioMarginRatioPython": ratio_text(stop.python_ratio),
        "liquidatable": stop.liquidatable,
        "health": stop.health.label,
        "aloneEquity": fixed(stop.alone_equity, PERP_DECIMALS),
        "aloneHealth": LIQUIDATED if stop.alone_health is None else stop.alone_health.label,
    }


def standing_object(standing: Standing) -> dict[str, Any]:
    """Return one borrower's figures."""
    return {
        "name": standing.name,
        "account": standing.account,
        "grossDebt": fixed(standing.gross_debt, WAD_DECIMALS),
        "healthFactor": health_factor_text(standing.health_factor),
        "portfolioMarginRatio": ratio_text(standing.ratio),
        "health": standing.health.label,
    }


def step_object(step: Taken, crash: Crash) -> dict[str, Any]:
    """Return one liquidation step."""
    return {
        "name": step.name,
        "tx": step.tx_hash,
        "gas": step.gas_used,
        "leg": step.leg,
        "debt": fixed(step.debt, crash.quote_decimals),
        "collateral": fixed(step.collateral, crash.coin_decimals),
        "px": trimmed(step.px, crash.coin_px_decimals),
        "loss": fixed(step.loss, crash.quote_decimals),
        "fromBuffer": fixed(step.from_buffer, crash.quote_decimals),
        "fromInsurance": fixed(step.from_insurance, crash.quote_decimals),
        "deficit": fixed(step.deficit, crash.quote_decimals),
        "liquidatable": step.liquidatable,
    }


def ledger_object(ledger: TokenLedger) -> dict[str, Any]:
    """Return one token's ledger."""
    return {
        "token": ledger.name,
        **{
            name: fixed(getattr(ledger, name), ledger.wei_decimals)
            for name in ("holdings", "spot", "supplied", "borrowed", "buffer", "deficit", "dust")
        },
        "perpEquity": fixed(ledger.perp_equity, ledger.wei_decimals),
        "uncovered": fixed(ledger.uncovered, ledger.wei_decimals),
    }
