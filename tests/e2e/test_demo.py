"""`pmkit demo` as a user runs it: a process of its own, its figures, and what it leaves behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

PMKIT = (sys.executable, "-m", "pmkit")
RECORDED = Path(__file__).parents[1] / "fixtures" / "accounts" / "btc_collateral_short_book.json"


def pmkit(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PMKIT, *arguments],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        env={**os.environ, **environment},
    )


@pytest.fixture(scope="module")
def shown() -> dict[str, Any]:
    done = pmkit("demo", "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_demo_recorded_account_equals_the_venue(shown: dict[str, Any]) -> None:
    figures = {f["name"]: f for f in shown["recorded"]["figures"]}
    assert len(figures) == 10  # ratio, available, eight liquidation prices
    assert all(f["chain"] == f["python"] for f in figures.values())
    ratio = figures["portfolio margin ratio"]
    assert round(Decimal(ratio["chain"]), 10) == Decimal("0.0342302364")
    available = figures["available after maintenance, USDC"]
    assert abs(Decimal(available["chain"]) - Decimal("1357134.6019832834")) <= Decimal("6e-6")
    recorded = json.loads(RECORDED.read_text())["clearinghouseStates"][""]["assetPositions"]
    displayed = {p["position"]["coin"]: p["position"]["liquidationPx"] for p in recorded}
    priced = {coin: Decimal(px) for coin, px in displayed.items() if px is not None}
    assert len(priced) == 8
    for coin, px in priced.items():
        ours = Decimal(figures[f"liquidation price, {coin}"]["chain"])
        assert abs(ours - px) <= max(Decimal("2e-6"), px * Decimal("1e-10")), coin


def test_demo_carry_trade_ends_at_the_first_liquidatable_mark(shown: dict[str, Any]) -> None:
    carry = shown["carry"]
    stops = {s["mark"]: s for s in carry["stops"]}
    # Net +50,000, 0, -50,000, -100,000; gross debt 0, 10,000, 65,000, 120,000.
    # Interest of the seconds between the blocks is below a cent.
    expected = {
        "50000.0": (50_000, 0),
        "100000.0": (0, 10_000),
        "150000.0": (-50_000, 65_000),
        "200000.0": (-100_000, 120_000),
    }
    for mark, (net, gross) in expected.items():
        assert abs(Decimal(stops[mark]["netTotal"]) - net) < Decimal("0.01")
        assert abs(Decimal(stops[mark]["borrowed"]) - gross) < Decimal("0.01")
        assert stops[mark]["portfolioMarginRatio"] == stops[mark]["portfolioMarginRatioPython"]
    assert stops["150000.0"]["portfolioMarginRatio"][:6] == "0.4611"
    assert stops["200000.0"]["portfolioMarginRatio"][:6] == "0.6833"
    assert stops["200000.0"]["health"] == "atRisk"
    # 60,000 and 10,000 of its own; what is left once the marks beyond 108,641.98 took the position.
    assert [s["aloneHealth"] for s in carry["stops"]] == ["healthy"] * 2 + ["liquidated"] * 3
    assert [s["aloneEquity"] for s in carry["stops"][:2]] == ["60000.000000", "10000.000000"]
    left = {s["aloneEquity"] for s in carry["stops"][2:]}
    assert len(left) == 1
    assert 0 < Decimal(left.pop()) < 1_358
    assert carry["firstLiquidatable"] == "333333.4"
    assert carry["firstLiquidatableDocs"] == "333266.7"
    # 100,000 + (10,000 - 1,250) / 1.0125, and the first mark beyond it on a grid of 0.1.
    assert round(Decimal(carry["alone"]["liquidationPx"]), 2) == Decimal("108641.98")
    assert carry["alone"]["firstLiquidatable"] == "108642.0"
    # Above 100,000 USD a fifth is closed first, which cures it as far as 88,271.6 / 0.81.
    assert carry["alone"]["steps"] == ["108642.0", "108977.3"]


def test_demo_crash_cures_everybody_and_balances_the_books(shown: dict[str, Any]) -> None:
    liquidation = shown["liquidation"]
    crashed = {s["name"]: s["health"] for s in liquidation["crashed"]}
    assert crashed == {
        "cautious": "healthy",
        "bold": "marketLiquidatable",
        "reckless": "backstopLiquidatable",
        "doomed": "backstopLiquidatable",
    }
    assert all(s["health"] in ("healthy", "atRisk") for s in liquidation["after"])
    doomed = next(s for s in liquidation["steps"] if s["name"] == "doomed")
    borne = sum(Decimal(doomed[k]) for k in ("fromBuffer", "fromInsurance", "deficit"))
    assert Decimal(doomed["loss"]) == borne > 0
    assert Decimal(doomed["fromBuffer"]) > 0
    for book in liquidation["conservation"]:
        figure = {k: Decimal(v) for k, v in book.items() if k != "token"}
        owed = figure["spot"] + figure["perpEquity"] + figure["supplied"] - figure["borrowed"]
        owed += figure["buffer"] - figure["deficit"]
        assert figure["holdings"] == owed + figure["dust"], book["token"]
        assert figure["dust"] >= 0
        assert figure["uncovered"] == 0


def test_demo_without_anvil_says_so_and_exits_3() -> None:
    done = pmkit("demo", PMKIT_ANVIL="no-such-anvil")
    assert done.returncode == 3
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1
    assert "anvil" in done.stderr


def children_of(pid: int) -> set[int]:
    """Return the processes below a process, from /proc."""
    found: set[int] = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            continue
        if parent == pid:
            found |= {int(stat.parent.name)} | children_of(int(stat.parent.name))
    return found


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks at processes through /proc")
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_demo_stopped_midway_leaves_nothing_running(ending: signal.Signals) -> None:
    deadline = time.monotonic() + 60
    with subprocess.Popen(
        [*PMKIT, "demo"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        below: set[int] = set()
        while not below and running.poll() is None and time.monotonic() < deadline:
            below = children_of(running.pid)
            time.sleep(0.02)
        time.sleep(0.3)
        below |= children_of(running.pid)
        running.send_signal(ending)
        out, told = running.communicate(timeout=60)
    deadline = time.monotonic() + 60
    assert below, f"the demo starts a node: {told.decode()}"
    assert running.returncode != 0
    assert b"Traceback" not in out + told
    while any(Path(f"/proc/{p}").exists() for p in below) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [p for p in below if Path(f"/proc/{p}").exists()] == []
