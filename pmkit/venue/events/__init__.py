"""Everything that an action can say: one record per event, named and ordered as in contracts."""

from pmkit.venue.events.accounts import (
    LeverageSet,
    ModeSet,
)
from pmkit.venue.events.base import Event
from pmkit.venue.events.erc20 import (
    Approval,
    Transfer,
)
from pmkit.venue.events.liquidation import (
    CollateralTaken,
    DebtTaken,
    Liquidated,
    LossCovered,
    PositionClosed,
)
from pmkit.venue.events.margin import (
    DexFunded,
    Swept,
)
from pmkit.venue.events.pool import (
    Accrued,
    Borrowed,
    Deposited,
    Repaid,
    Supplied,
    Withdrawn,
)
from pmkit.venue.events.registry import (
    BorrowPriceSet,
    DexListed,
    MarginTableSet,
    PairListed,
    PerpListed,
    PerpPriceSet,
    PolicySet,
    RateCurveSet,
    RoleGranted,
    RoleRevoked,
    SpotPriceSet,
    TokenCapsSet,
    TokenFactorsSet,
    TokenListed,
)
from pmkit.venue.events.trading import (
    Filled,
    PerpTransferred,
    SpotSent,
)

__all__ = [
    "Accrued",
    "Approval",
    "BorrowPriceSet",
    "Borrowed",
    "CollateralTaken",
    "DebtTaken",
    "Deposited",
    "DexFunded",
    "DexListed",
    "Event",
    "Filled",
    "LeverageSet",
    "Liquidated",
    "LossCovered",
    "MarginTableSet",
    "ModeSet",
    "PairListed",
    "PerpListed",
    "PerpPriceSet",
    "PerpTransferred",
    "PolicySet",
    "PositionClosed",
    "RateCurveSet",
    "Repaid",
    "RoleGranted",
    "RoleRevoked",
    "SpotPriceSet",
    "SpotSent",
    "Supplied",
    "Swept",
    "TokenCapsSet",
    "TokenFactorsSet",
    "TokenListed",
    "Transfer",
    "Withdrawn",
]
