"""Everything that an action can say: one record per event, named and ordered as in contracts."""

from pmkit.venue.events.accounts import (
    LeverageSet,
    ModeSet,
    OperatorSet,
)
from pmkit.venue.events.base import (
    Event,
)
from pmkit.venue.events.erc20 import (
    Approval,
    Transfer,
)
from pmkit.venue.events.isolated import (
    IsolatedLiquidated,
    IsolatedMarginMoved,
    IsolatedSet,
)
from pmkit.venue.events.liquidation import (
    CollateralTaken,
    DebtTaken,
    DeficitCovered,
    Liquidated,
    LossCovered,
    PositionClosed,
    PositionTaken,
    Socialised,
)
from pmkit.venue.events.margin import (
    DexFunded,
    FallbackSet,
    FundingPaid,
    Swept,
)
from pmkit.venue.events.pool import (
    Accrued,
    Borrowed,
    Deposited,
    InterestHour,
    Repaid,
    ReserveStatusSet,
    Supplied,
    Withdrawn,
)
from pmkit.venue.events.registry import (
    BorrowPriceSet,
    DexListed,
    FundingCharged,
    MarginTableSet,
    PairListed,
    PausedSet,
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
    "DeficitCovered",
    "Deposited",
    "DexFunded",
    "DexListed",
    "Event",
    "FallbackSet",
    "Filled",
    "FundingCharged",
    "FundingPaid",
    "InterestHour",
    "IsolatedLiquidated",
    "IsolatedMarginMoved",
    "IsolatedSet",
    "LeverageSet",
    "Liquidated",
    "LossCovered",
    "MarginTableSet",
    "ModeSet",
    "OperatorSet",
    "PairListed",
    "PausedSet",
    "PerpListed",
    "PerpPriceSet",
    "PerpTransferred",
    "PolicySet",
    "PositionClosed",
    "PositionTaken",
    "RateCurveSet",
    "Repaid",
    "ReserveStatusSet",
    "RoleGranted",
    "RoleRevoked",
    "Socialised",
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
