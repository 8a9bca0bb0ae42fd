"""An account that acts: every external call, with the account as the sender.

Tokens, perp assets and dexes go by id or by name, accounts by name or by address. Amounts are
token wei, sizes and prices on the venue's grids (`pmkit.units`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pmkit.units import UINT256_MAX
from pmkit.venue.actions import Call
from pmkit.venue.addresses import sub_account_of
from pmkit.venue.custody import EVERYTHING, evm_scale

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pmkit.model import Mode
    from pmkit.rates import RateCurve
    from pmkit.venue.records import (
        LiquidationOutcome,
        LiquidationStep,
        PairListing,
        Pause,
        PerpListing,
        PerpPrice,
        Side,
        SpotPrice,
        TokenListing,
        VenuePolicy,
    )
    from pmkit.venue.venue import Venue


class Actor:
    """One account of a venue. What each action raises stands at the function of its name."""

    __slots__ = ("_sender", "_venue", "_via", "address")

    def __init__(self, venue: Venue, address: str) -> None:
        self._venue = venue
        self._sender = address
        self._via: tuple[str, str | int] | None = None
        self.address = address
        """The account that acts."""

    def _act(self, name: str, *args: Any) -> Any:
        if self._via is None:
            return self._venue.act(self._sender, name, *args)
        how, whom = self._via
        return self._venue.act(self._sender, how, whom, Call(name, args))

    # For others

    def acting_for(self, account: str) -> Actor:
        """Return an account that has approved this one, acted for by it. SPEC AC-05."""
        return self._as(self._venue.address_of(account), "on_behalf", None)

    def sub_account(self, index: int) -> Actor:
        """Return a sub-account, acted for by its master. SPEC AC-06."""
        return self._as(sub_account_of(self.address, index), "for_sub_account", index)

    def speaking_for(self, account: str) -> Actor:
        """Return an account that this one, the core, lets call. SPEC AC-08."""
        return self._as(self._venue.address_of(account), "for_core", None)

    def _as(self, account: str, how: str, whom: int | None) -> Actor:
        other = Actor(self._venue, self._sender)
        other.address = account
        other._via = (how, account if whom is None else whom)
        return other

    def batch(self, *acts: Callable[[Actor], object]) -> tuple[Any, ...]:
        """Do several actions with one check at the end; return what each returned. SPEC AC-14.

        Each is what an actor does, `lambda a: a.borrow("USDC", 100)`, and nothing else.
        """
        noting = _Noting(self)
        for act in acts:
            act(noting)
        results: tuple[Any, ...] = self._act("batch", tuple(noting.noted))
        return results

    def approve_operator(self, operator: str, *, approved: bool = True) -> None:
        """Let another account act for this one, or no longer. SPEC AC-05."""
        self._act("approve_operator", self._venue.address_of(operator), approved)

    # Money

    def deposit(self, token: int | str, amount: int, account: str | None = None) -> int:
        """Move tokens from the wallet to a spot balance, one's own unless said. SPEC BL-09."""
        credited: int = self._act("deposit", self._token(token), amount, self._whose(account))
        return credited

    def supply(self, token: int | str, amount: int, account: str | None = None) -> int:
        """Supply tokens from the wallet to the pool, for oneself unless said. SPEC BL-10."""
        credited: int = self._act("supply", self._token(token), amount, self._whose(account))
        return credited

    def withdraw(self, token: int | str, amount: int = EVERYTHING, to: str | None = None) -> int:
        """Take own balance out, all of it unless said, to one's wallet unless said. SPEC BL-11."""
        withdrawn: int = self._act("withdraw", self._token(token), amount, self._whose(to))
        return withdrawn

    def borrow(self, token: int | str, amount: int) -> None:
        """Borrow into the spot balance. SPEC BL-12."""
        self._act("borrow", self._token(token), amount)

    def repay(self, token: int | str, amount: int = EVERYTHING, account: str | None = None) -> int:
        """Repay debt from the wallet, all of it and one's own unless said. SPEC BL-13."""
        repaid: int = self._act("repay", self._token(token), amount, self._whose(account))
        return repaid

    def accrue(self, token: int | str) -> None:
        """Store interest up to now. SPEC BL-05."""
        self._act("accrue", self._token(token))

    def cover_deficit(self, token: int | str, amount: int = EVERYTHING) -> int:
        """Pay a deficit down from the wallet, all of it unless said. SPEC LQ-10."""
        paid: int = self._act("cover_deficit", self._token(token), amount)
        return paid

    def cover_deficit_from_insurance(self, token: int | str) -> int:
        """Pay a deficit down from buffer and insurance. SPEC LQ-10."""
        covered: int = self._act("cover_deficit_from_insurance", self._token(token))
        return covered

    def sweep_buffer(self, token: int | str) -> int:
        """Move a reserve's buffer to the insurance account, once an interval. SPEC LQ-19."""
        swept: int = self._act("sweep_buffer", self._token(token))
        return swept

    def socialise(self, token: int | str) -> int:
        """Spread a deficit over the suppliers. SPEC LQ-11."""
        written: int = self._act("socialise", self._token(token))
        return written

    # Trading

    def order(
        self,
        asset: int | str,
        *,
        is_buy: bool,
        sz: int,
        limit_px: int,
        reduce_only: bool = False,
    ) -> None:
        """Fill an order; a name is a perp's, a spot pair goes by 10000 + its number. SPEC CH-01."""
        self._act("order", self._asset(asset), is_buy, limit_px, sz, reduce_only)

    def match_orders(
        self,
        asset: int | str,
        buyer: Side,
        seller: Side,
        *,
        px: int,
        sz: int,
        buyer_takes: bool = True,
    ) -> None:
        """Fill the orders of two accounts that let this one against each other. SPEC CH-20."""
        asset_id = self._asset(asset)
        self._act("match_orders", asset_id, buyer, seller, px, sz, buyer_takes)

    def transfer_perp(self, dex: int | str, usd: int, *, to_perp: bool) -> None:
        """Move margin (1e-6) between spot and a dex. SPEC CH-04."""
        self._act("transfer_perp", self._dex(dex), usd, to_perp)

    def spot_send(self, to: str, token: int | str, amount: int = EVERYTHING) -> None:
        """Send own balance, all of it unless said, to another account. SPEC CH-05."""
        self._act("spot_send", self._venue.address_of(to), self._token(token), amount)

    # The account

    def set_mode(self, mode: Mode) -> None:
        """Set one's mode. SPEC AC-02."""
        self._act("set_mode", mode)

    def set_leverage(self, asset: int | str, leverage: int) -> None:
        """Set one's leverage for an asset. SPEC AC-03."""
        self._act("set_leverage", self._asset(asset), leverage)

    def set_isolated(self, asset: int | str, *, isolated: bool = True) -> None:
        """Choose isolated or cross margin for an asset. SPEC CH-07."""
        self._act("set_isolated", self._asset(asset), isolated)

    def update_isolated_margin(self, asset: int | str, usd: int) -> None:
        """Bring margin (1e-6) to an isolated position, or take some out. SPEC CH-10."""
        self._act("update_isolated_margin", self._asset(asset), usd)

    def sweep(self, account: str | None = None) -> None:
        """Sweep an account, one's own unless said. SPEC PM-14."""
        self._act("sweep", self._whose(account))

    def liquidate(self, account: str) -> LiquidationStep:
        """Take one liquidation step on an account. SPEC LQ-01 to LQ-06."""
        step: LiquidationStep = self._act("liquidate", self._venue.address_of(account))
        return step

    def liquidate_as_taker(self, account: str) -> LiquidationStep:
        """Take one liquidation step, and its debt with own funds. SPEC LQ-23."""
        step: LiquidationStep = self._act("liquidate_as_taker", self._venue.address_of(account))
        return step

    def liquidate_batch(
        self, accounts: Iterable[str], *, as_taker: bool = False
    ) -> tuple[LiquidationOutcome, ...]:
        """Take one liquidation step on each of some accounts. SPEC LQ-26."""
        addresses = tuple(self._venue.address_of(account) for account in accounts)
        outcomes: tuple[LiquidationOutcome, ...]
        outcomes = self._act("liquidate_batch", addresses, as_taker)
        return outcomes

    def sell_inventory(self, pair: int) -> None:
        """Sell what is due of the backstop's inventory of a pair's base token. SPEC LQ-18."""
        self._act("sell_inventory", pair)

    def liquidate_isolated(self, account: str, asset: int | str) -> bool:
        """Take one liquidation step on an isolated position. SPEC LQ-20 to LQ-22."""
        whose = self._venue.address_of(account)
        liquidatable: bool = self._act("liquidate_isolated", whose, self._asset(asset))
        return liquidatable

    # The registry

    def list_token(self, listing: TokenListing) -> None:
        """List a token. SPEC CR-01."""
        self._act("list_token", listing)

    def list_dex(self, dex: int, name: str, collateral: int | str) -> None:
        """List a perp dex and its collateral token."""
        self._act("list_dex", dex, name, self._token(collateral))

    def list_perp(self, listing: PerpListing) -> None:
        """List a perp asset."""
        self._act("list_perp", listing)

    def list_pair(self, listing: PairListing) -> None:
        """List a spot pair."""
        self._act("list_pair", listing)

    def set_token_factors(self, token: int | str, *, ltv_bps: int, borrowable: bool) -> None:
        """Set a token's loan to value and whether it can be borrowed. SPEC CR-02."""
        self._act("set_token_factors", self._token(token), ltv_bps, borrowable)

    def set_token_caps(
        self,
        token: int | str,
        *,
        user_supply_cap: int,
        user_borrow_cap: int,
        global_supply_cap: int,
        global_borrow_cap: int,
    ) -> None:
        """Set a token's caps. SPEC CR-03."""
        caps = (user_supply_cap, user_borrow_cap, global_supply_cap, global_borrow_cap)
        self._act("set_token_caps", self._token(token), *caps)

    def set_liquidation_width(self, token: int | str, width: int) -> None:
        """Set how much (USD WAD) of a collateral one liquidation step may take. SPEC LQ-25."""
        self._act("set_liquidation_width", self._token(token), width)

    def set_rate_curve(self, token: int | str, curve: RateCurve) -> None:
        """Set a token's rate curve. SPEC BL-02."""
        self._act("set_rate_curve", self._token(token), curve)

    def set_margin_table(
        self, table: int, lower_bounds: tuple[int, ...], max_leverages: tuple[int, ...]
    ) -> None:
        """Set the tiers of a margin table. SPEC PM-05."""
        self._act("set_margin_table", table, lower_bounds, max_leverages)

    def set_policy(self, policy: VenuePolicy) -> None:
        """Set the policy. SPEC PM-20."""
        self._act("set_policy", policy)

    def report_prices(
        self,
        spots: tuple[SpotPrice, ...] = (),
        perps: tuple[PerpPrice, ...] = (),
        *,
        usdc_px: int,
    ) -> None:
        """Report prices. SPEC OR-01, OR-03."""
        self._act("report_prices", spots, perps, usdc_px)

    def pause(self, *what: Pause) -> None:
        """Pause kinds of action. SPEC CR-07."""
        self._act("pause", sum(what))

    def unpause(self, *what: Pause) -> None:
        """Unpause kinds of action. SPEC CR-07."""
        self._act("unpause", sum(what))

    def grant_role(self, role: str, account: str) -> None:
        """Give an account a role. SPEC CR-06."""
        self._act("grant_role", role, self._venue.address_of(account))

    def revoke_role(self, role: str, account: str) -> None:
        """Take a role from an account."""
        self._act("revoke_role", role, self._venue.address_of(account))

    def renounce_role(self, role: str) -> None:
        """Give up a role."""
        self._act("renounce_role", role, self.address)

    # Wallets, in the ERC-20's own units

    def mint(self, token: int | str, to: str, amount: int) -> None:
        """Create units of a token's ERC-20 in a wallet."""
        self._act("mint", self._erc20(token), self._venue.address_of(to), amount)

    def approve(self, token: int | str, spender: str, value: int) -> None:
        """Allow an account to take units of a token's ERC-20."""
        self._act("approve", self._erc20(token), self._venue.address_of(spender), value)

    def transfer(self, token: int | str, to: str, value: int) -> None:
        """Send units of a token's ERC-20."""
        self._act("transfer", self._erc20(token), self._venue.address_of(to), value)

    def transfer_from(self, token: int | str, owner: str, to: str, value: int) -> None:
        """Send units of a token's ERC-20 that their owner has allowed to take."""
        address_of = self._venue.address_of
        self._act("transfer_from", self._erc20(token), address_of(owner), address_of(to), value)

    def fund(self, token: int | str, amount: int) -> None:
        """Fill the wallet with token wei, in whole units, and let the venue take them."""
        up, down = evm_scale(self._venue.registry.token(self._token(token)))
        self.mint(token, self.address, -(-amount * up // down))
        self.approve(token, "venue", UINT256_MAX)

    # Names

    def _whose(self, account: str | None) -> str:
        return self.address if account is None else self._venue.address_of(account)

    def _token(self, token: int | str) -> int:
        return self._venue.token_id(token)

    def _erc20(self, token: int | str) -> str:
        return self._venue.registry.token(self._token(token)).erc20

    def _asset(self, asset: int | str) -> int:
        return self._venue.asset_id(asset)

    def _dex(self, dex: int | str) -> int:
        return self._venue.dex_id(dex)


class _Noting(Actor):
    """An actor whose actions are noted and not done."""

    __slots__ = ("noted",)

    def __init__(self, actor: Actor) -> None:
        super().__init__(actor._venue, actor._sender)
        self.address = actor.address
        self.noted: list[Call] = []

    def _act(self, name: str, *args: Any) -> Any:
        self.noted.append(Call(name, args))
