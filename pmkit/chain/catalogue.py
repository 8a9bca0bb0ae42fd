"""What the registry lists, as readers need it to speak in names and units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pmkit.chain.contracts import Call, ask_all, call_of
from pmkit.errors import InputError
from pmkit.units import PERP_DECIMALS, SPOT_DECIMALS

if TYPE_CHECKING:
    from pmkit.chain.rpc import Rpc

SPOT_ASSETS = 10_000
"""A spot pair's id in orders is this plus its number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedToken:
    """A token as the registry lists it."""

    token: int
    name: str
    erc20: str
    evm_decimals: int
    wei_decimals: int
    sz_decimals: int

    def to_evm_up(self, amount: int) -> int:
        """Return token wei in units of the ERC-20, rounded up, as the venue takes them."""
        shift = self.evm_decimals - self.wei_decimals
        return amount * int(10**shift) if shift >= 0 else -(-amount // int(10**-shift))


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPerp:
    """A perp asset as the registry lists it."""

    asset: int
    name: str
    sz_decimals: int
    max_leverage: int
    collateral: ListedToken
    """The token that its dex counts in."""

    @property
    def px_decimals(self) -> int:
        """Decimals of its prices."""
        return PERP_DECIMALS - self.sz_decimals


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPair:
    """A spot pair as the registry lists it."""

    pair: int
    base: ListedToken
    quote: ListedToken
    perp: int | None
    """The perp asset whose mark and oracle price take part in the base token's price, if any."""

    @property
    def asset(self) -> int:
        """Its id in orders."""
        return SPOT_ASSETS + self.pair

    @property
    def px_decimals(self) -> int:
        """Decimals of its prices."""
        return SPOT_DECIMALS - self.base.sz_decimals


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What the registry lists, in listing order."""

    tokens: tuple[ListedToken, ...]
    perps: tuple[ListedPerp, ...]
    pairs: tuple[ListedPair, ...]

    def token(self, token: int | str) -> ListedToken:
        """Return a token by id or name. Raises InputError."""
        for found in self.tokens:
            if str(token) in (str(found.token), found.name):
                return found
        names = ", ".join(found.name for found in self.tokens)
        raise InputError(place="token", problem=f"there is no token {token}; there are {names}")

    def perp(self, perp: int | str) -> ListedPerp:
        """Return a perp by asset id or coin. Raises InputError."""
        for found in self.perps:
            if perp in (found.asset, found.name):
                return found
        names = ", ".join(found.name for found in self.perps)
        raise InputError(place="coin", problem=f"there is no perp {perp}; there are {names}")

    def pair(self, pair: int | str) -> ListedPair:
        """Return a spot pair by number, `@number` or `BASE/QUOTE`. Raises InputError."""
        for found in self.pairs:
            spelt = f"{found.base.name}/{found.quote.name}"
            if pair in (found.pair, f"@{found.pair}", spelt):
                return found
        names = ", ".join(f"{found.base.name}/{found.quote.name}" for found in self.pairs)
        raise InputError(place="coin", problem=f"there is no pair {pair}; there are {names}")


def read_listing(rpc: Rpc, registry: str, block: int) -> Listing:
    """Return everything that a registry lists, at a block."""

    def ask_for(function: str, *arguments: object) -> Call:
        return call_of("CollateralRegistry", registry, function, *arguments)

    (tokens, dexes, perps, pairs), (token_names, _, perp_names) = ask_all(
        rpc, [ask_for("listed"), ask_for("names")], block
    )
    answers = ask_all(
        rpc,
        [ask_for("tokenParams", token) for token in tokens]
        + [ask_for("tokenErc20", token) for token in tokens]
        + [ask_for("dexOf", dex) for dex in dexes]
        + [ask_for("perpParams", perp) for perp in perps]
        + [ask_for("pairOf", pair) for pair in pairs]
        + [ask_for("perpOfPair", pair) for pair in pairs],
        block,
    )
    token_params, answers = answers[: len(tokens)], answers[len(tokens) :]
    erc20s, answers = answers[: len(tokens)], answers[len(tokens) :]
    dex_params, answers = answers[: len(dexes)], answers[len(dexes) :]
    perp_params, answers = answers[: len(perps)], answers[len(perps) :]
    pair_params, pair_perps = answers[: len(pairs)], answers[len(pairs) :]
    listed = {
        p["token"]: ListedToken(
            token=p["token"],
            name=name,
            erc20=erc20,
            evm_decimals=evm_decimals,
            wei_decimals=p["wei_decimals"],
            sz_decimals=p["sz_decimals"],
        )
        for p, name, (erc20, evm_decimals) in zip(token_params, token_names, erc20s, strict=True)
    }
    return Listing(
        tokens=tuple(listed.values()),
        perps=tuple(
            ListedPerp(
                asset=p["asset"],
                name=name,
                sz_decimals=p["sz_decimals"],
                max_leverage=p["max_leverage"],
                collateral=listed[dex_params[p["dex"]][1]],
            )
            for p, name in zip(perp_params, perp_names, strict=True)
        ),
        pairs=tuple(
            ListedPair(
                pair=pair,
                base=listed[base],
                quote=listed[quote],
                perp=perp if has_perp else None,
            )
            for pair, (base, quote, _, _), (has_perp, perp) in zip(
                pairs, pair_params, pair_perps, strict=True
            )
        ),
    )
