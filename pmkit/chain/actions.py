"""What an account can do, as calls that are ready to be simulated or sent.

Amounts are token wei, sizes and prices on the venue's grids (`pmkit.units`); nothing is sent here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from eth_utils.address import to_checksum_address

from pmkit.chain.address import checked
from pmkit.chain.contracts import Call, call_of
from pmkit.errors import InputError
from pmkit.units import UINT256_MAX
from pmkit.venue.addresses import sub_account_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmkit.chain.listing import Prices
    from pmkit.chain.reader import Reader
    from pmkit.model import Mode
    from pmkit.venue.records import Side

EVERYTHING = UINT256_MAX
"""As an amount: all that there is, in the wallet, on the account, or of the debt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A call, and what goes with it."""

    call: Call
    about: str | None
    """The account whose margin it changes; None for calls that change none in particular."""
    takes: tuple[tuple[str, int], ...] = ()
    """The ERC-20s that the venue takes from the wallet, and at most how many units of each."""


class Actions:
    """The actions of one account, paid from its own wallet unless another acts for it."""

    def __init__(self, reader: Reader, address: str) -> None:
        self._reader = reader
        self._wallet = address
        self._via: tuple[str, str | int] | None = None
        self.address = address
        """The account that acts."""

    def acting_for(self, account: str) -> Actions:
        """Return those of an account that has approved this one; wallets stay. SPEC AC-05."""
        address = checked(account)
        return self._as(address, "onBehalf", address)

    def sub_account(self, index: int) -> Actions:
        """Return those of a sub-account; wallets stay its master's. SPEC AC-06."""
        address = to_checksum_address(sub_account_of(self.address, index))
        return self._as(address, "forSubAccount", index)

    def deposit(self, token: int | str, amount: int, account: str | None = None) -> Action:
        """Move tokens from the wallet to a spot balance. SPEC BL-09."""
        return self._pay_in("deposit", token, amount, account)

    def supply(self, token: int | str, amount: int, account: str | None = None) -> Action:
        """Supply tokens from the wallet to the pool. SPEC BL-10."""
        return self._pay_in("supply", token, amount, account)

    def withdraw(self, token: int | str, amount: int, to: str | None = None) -> Action:
        """Take own balance out to a wallet, idle balance first. SPEC BL-11."""
        listed = self._reader.listing.token(token)
        return self._own("withdraw", listed.token, amount, self._wallet_or(to))

    def borrow(self, token: int | str, amount: int) -> Action:
        """Borrow into the spot balance. SPEC BL-12."""
        return self._own("borrow", self._reader.listing.token(token).token, amount)

    def repay(self, token: int | str, amount: int, account: str | None = None) -> Action:
        """Repay debt from the wallet; EVERYTHING repays all of it. SPEC BL-13."""
        # Debt grows until the block to come: for all of it the wallet allows whatever it holds.
        return self._pay_in("repay", token, amount, account)

    def order(
        self, asset: int, *, is_buy: bool, sz: int, limit_px: int, reduce_only: bool = False
    ) -> Action:
        """Place an order, which fills at once or not at all. SPEC CH-02, CH-03."""
        return self._own("order", asset, is_buy, limit_px, sz, reduce_only)

    def match_orders(
        self, asset: int, buyer: Side, seller: Side, *, px: int, sz: int, buyer_takes: bool = True
    ) -> Action:
        """Fill two accounts' orders, as they let this one; needs the matcher's role. SPEC CH-20."""
        sides = [
            {
                "account": checked(side.account),
                "limitPx": side.limit_px,
                "reduceOnly": side.reduce_only,
            }
            for side in (buyer, seller)
        ]
        call = self._venue("matchOrders", asset, *sides, px, sz, buyer_takes)
        return Action(call=call, about=None)

    def batch(self, actions: Sequence[Action]) -> Action:
        """Do several of this account's actions with one check at the end. SPEC AC-14 to AC-16.

        Raises InputError for an action of another account.
        """
        parts = tuple(self._part(action.call, i) for i, action in enumerate(actions))
        takes: dict[str, int] = {}
        for action in actions:
            for erc20, units in action.takes:
                takes[erc20] = takes.get(erc20, 0) + units
        data = [part.data for part in parts]
        batch = replace(call_of("Venue", self._reader.deployment.venue, "batch", data), parts=parts)
        return Action(call=self._wrapped(batch), about=self.address, takes=tuple(takes.items()))

    def _part(self, call: Call, place: int) -> Call:
        """Return the call of an action of this account as it is without who makes it."""
        if call != self._wrapped(call.inner or call):
            problem = "is not an action of the account whose batch it is"
            raise InputError(place=f"actions[{place}]", problem=problem)
        return call.inner or call

    def approve_operator(self, operator: str, *, approved: bool = True) -> Action:
        """Let another account act for this one, or no longer. SPEC AC-05."""
        return self._own("approveOperator", checked(operator), approved)

    def spot_send(self, to: str, token: int | str, amount: int) -> Action:
        """Send own balance to another account of the venue. SPEC CH-05."""
        listed = self._reader.listing.token(token)
        return self._own("spotSend", checked(to), listed.token, amount)

    def transfer_perp(self, dex: int, usd: int, *, to_perp: bool) -> Action:
        """Move margin (1e-6) between spot and a dex of a standard account. SPEC CH-04."""
        return self._own("transferPerp", dex, usd, to_perp)

    def set_mode(self, mode: Mode) -> Action:
        """Set the account's mode. SPEC AC-02."""
        return self._own("setMode", int(mode))

    def set_leverage(self, asset: int, leverage: int) -> Action:
        """Set the account's leverage for an asset. SPEC AC-03."""
        return self._own("setLeverage", asset, leverage)

    def set_isolated(self, asset: int, *, isolated: bool = True) -> Action:
        """Choose isolated or cross margin for an asset. SPEC CH-07."""
        return self._own("setIsolated", asset, isolated)

    def update_isolated_margin(self, asset: int, usd: int) -> Action:
        """Bring margin (1e-6) to an isolated position, or take some out. SPEC CH-10."""
        return self._own("updateIsolatedMargin", asset, usd)

    def sweep(self, account: str) -> Action:
        """Sweep an account; anybody may. SPEC PM-14."""
        return Action(call=self._venue("sweep", checked(account)), about=checked(account))

    def cover_deficit(self, token: int | str, amount: int) -> Action:
        """Pay a reserve's deficit down from the wallet; EVERYTHING pays all of it. SPEC LQ-10."""
        return self._pay("coverDeficit", token, amount, about=None)

    def cover_deficit_from_insurance(self, token: int | str) -> Action:
        """Pay a reserve's deficit down from buffer and insurance. SPEC LQ-10."""
        listed = self._reader.listing.token(token)
        return Action(call=self._venue("coverDeficitFromInsurance", listed.token), about=None)

    def socialise(self, token: int | str) -> Action:
        """Spread a deficit over the suppliers; needs the risk admin's role. SPEC LQ-11."""
        listed = self._reader.listing.token(token)
        return Action(call=self._venue("socialise", listed.token), about=None)

    def accrue(self, token: int | str) -> Action:
        """Store a reserve's interest up to now. SPEC BL-05."""
        listed = self._reader.listing.token(token)
        return Action(call=self._venue("accrue", listed.token), about=None)

    def liquidate(self, account: str) -> Action:
        """Take one liquidation step on an account. SPEC LQ-01."""
        return Action(call=self._venue("liquidate", checked(account)), about=checked(account))

    def liquidate_as_taker(self, account: str) -> Action:
        """Take one liquidation step on an account, and its debt with own funds. SPEC LQ-23."""
        call = self._venue("liquidateAsTaker", checked(account))
        return Action(call=call, about=checked(account))

    def liquidate_batch(self, accounts: Sequence[str], *, as_taker: bool = False) -> Action:
        """Take one liquidation step on each of some accounts. SPEC LQ-26."""
        named = [checked(account) for account in accounts]
        return Action(call=self._venue("liquidateBatch", named, as_taker), about=None)

    def sell_inventory(self, pair: int | str) -> Action:
        """Sell what is due of the backstop's inventory of a pair's base token. SPEC LQ-18."""
        listed = self._reader.listing.pair(pair)
        return Action(call=self._venue("sellInventory", listed.pair), about=None)

    def sweep_buffer(self, token: int | str) -> Action:
        """Move a reserve's buffer to the insurance account, once an interval. SPEC LQ-19."""
        listed = self._reader.listing.token(token)
        return Action(call=self._venue("sweepBuffer", listed.token), about=None)

    def liquidate_isolated(self, account: str, asset: int) -> Action:
        """Take one liquidation step on an isolated position. SPEC LQ-20."""
        call = self._venue("liquidateIsolated", checked(account), asset)
        return Action(call=call, about=checked(account))

    def report_prices(self, prices: Prices) -> Action:
        """Report prices; needs the reporter's role. SPEC OR-01."""
        return self.configure("reportPrices", *prices.call())

    def configure(self, function: str, *arguments: object) -> Action:
        """Call a function of the registry by its name; most need the risk admin's role."""
        registry = self._reader.deployment.registry
        call = call_of("CollateralRegistry", registry, function, *arguments)
        return Action(call=call, about=None)

    def mint(self, token: int | str, amount: int, to: str | None = None) -> Action:
        """Create units of a local chain's ERC-20 in a wallet."""
        erc20 = self._reader.listing.token(token).erc20
        return Action(
            call=call_of("LocalToken", erc20, "mint", self._wallet_or(to), amount), about=None
        )

    def _pay_in(self, function: str, token: int | str, amount: int, account: str | None) -> Action:
        whose = self.address if account is None else checked(account)
        return self._pay(function, token, amount, whose, about=whose)

    def _pay(
        self, function: str, token: int | str, amount: int, *arguments: object, about: str | None
    ) -> Action:
        listed = self._reader.listing.token(token)
        everything = amount == EVERYTHING
        held = self._reader.balance(self._wallet, listed.token).wallet if everything else 0
        return Action(
            call=self._venue(function, listed.token, amount, *arguments),
            about=about,
            takes=((listed.erc20, held if everything else listed.to_evm_up(amount)),),
        )

    def _own(self, function: str, *arguments: object) -> Action:
        return Action(call=self._venue(function, *arguments), about=self.address)

    def _venue(self, function: str, *arguments: object) -> Call:
        venue = self._reader.deployment.venue
        return self._wrapped(call_of("Venue", venue, function, *arguments))

    def _wrapped(self, call: Call) -> Call:
        """Return a call of the venue as the account that acts makes it."""
        if self._via is None:
            return call
        how, whom = self._via
        return replace(call_of("Venue", call.to, how, whom, call.data), inner=call)

    def _as(self, account: str, how: str, whom: str | int) -> Actions:
        other = Actions(self._reader, self._wallet)
        other.address = account
        other._via = (how, whom)
        return other

    def _wallet_or(self, to: str | None) -> str:
        return self._wallet if to is None else checked(to)
