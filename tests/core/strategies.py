"""Accounts that the venue could hold, drawn inside their ranges rather than filtered."""

from __future__ import annotations

from core.builders import account, perp, token
from hypothesis import strategies as st

from pmkit.model import Account, DexState, MarginPolicy, Mode, PerpState
from pmkit.policy import Policy, Reading

COINS = ("BTC", "ETH", "SOL", "HYPE")
MARKS = {
    "BTC": (10**5, 3 * 10**6),
    "ETH": (10**4, 10**6),
    "SOL": (10**5, 10**7),
    "HYPE": (10**4, 10**7),
}
"""Marks on each coin's grid, from a tenth of a usual price to ten times it."""
LARGEST = {"BTC": 10**8, "ETH": 10**8, "SOL": 10**8, "HYPE": 10**8}


@st.composite
def policies(draw: st.DrawFn) -> MarginPolicy:
    """Return a policy in either reading, with either bound and with or without the LTV limit."""
    return Policy(
        reading=draw(st.sampled_from(Reading)),
        trigger_inclusive=draw(st.booleans()),
        strict_ltv=draw(st.booleans()),
        cap_each_collateral=draw(st.booleans()),
        sweep_dust=draw(st.sampled_from((0, 1, 10**9))),
        second_trigger=draw(st.booleans()),
        perp_shortfall_trigger=draw(st.booleans()),
    ).margin


@st.composite
def positions(draw: st.DrawFn, dex: int) -> tuple[PerpState, ...]:
    """Return cross positions of one dex, each coin once."""
    chosen = draw(st.lists(st.sampled_from(COINS), unique=True, max_size=3))
    found = []
    for coin in chosen:
        size = draw(st.integers(1, LARGEST[coin])) * draw(st.sampled_from((1, -1)))
        mark = draw(st.integers(*MARKS[coin]))
        found.append(perp(coin, size, mark, leverage=draw(st.integers(1, 10)), dex=dex))
    return tuple(found)


@st.composite
def accounts(
    draw: st.DrawFn, *, mode: Mode = Mode.PORTFOLIO_MARGIN, strict: bool = False
) -> Account:
    """Return an account of two quote tokens, two collaterals and one dex; healthy or not."""
    wei = st.integers(0, 10**15)
    stable = st.integers(990_000, 1_010_000)
    quotes = [
        token(
            name,
            px=px,
            idle=draw(wei),
            supplied=draw(wei),
            borrowed=draw(wei),
            borrow_room=draw(wei),
            cash=draw(wei),
        )
        for name, px in (("USDC", 1), ("USDT0", draw(stable)))
    ]
    collaterals = [
        token(
            "UBTC", px=draw(st.integers(10**6, 3 * 10**8)), supplied=draw(st.integers(0, 10**13))
        ),
        token("HYPE", px=draw(st.integers(10**5, 10**9)), supplied=draw(st.integers(0, 10**14))),
    ]
    perps = draw(positions(dex=0))
    marked = sum(p.szi * p.mark for p in perps)
    equity = draw(st.integers(-(10**12), 10**13))
    policy = draw(policies()) if strict else Policy().margin
    return account(
        *quotes,
        *collaterals,
        dexes=(DexState(collateral=0, raw_usd=equity - marked),),
        perps=perps,
        mode=mode,
        policy=policy,
    )
