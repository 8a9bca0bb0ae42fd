"""What can go wrong, as a tree; every leaf carries the numbers that were compared.

::

    PmkitError
    ├── InputError               the caller's input is wrong: the place and the problem
    ├── ToolMissing              a program that pmkit starts is not installed
    ├── Mismatch                 two sides that must agree do not
    ├── ChainError               the chain could not be reached, or answered nonsense
    │   ├── NodeUnavailable      a node did not start, went away, or does not answer
    │   ├── NotDeployed          no venue where one was expected
    │   ├── ReceiptTimeout       sent, but in no block in time
    │   └── ChainRefused         the chain answered, and the answer is no
    │       ├── NodeRefused          an error that is no revert, such as too little gas money
    │       ├── UnknownRevert        a revert whose name is in none of the known interfaces
    │       ├── TransactionFailed    mined and failed, and no replay shows why
    │       ├── InsufficientFunds    an account cannot pay for a deployment
    │       ├── BlockTooSmall        a transaction that no block of its kind holds
    │       └── DeploymentDiffers    what is deployed is not what was asked for
    └── VenueError               the venue refuses: same name, same fields as the Solidity error
        ├── arithmetic.py        ArithmeticOverflow, DivisionByZero (panics), other panics and texts
        ├── registry.py          listings, factors, prices, roles
        ├── accounts.py          modes and leverage
        ├── pool.py, erc20.py    supply, withdraw, borrow, repay, and the tokens themselves
        ├── trading.py           orders and transfers
        ├── margin.py            the account check; prices that are missing or too old
        ├── isolated.py          isolated positions
        └── liquidation.py       liquidation

The command line maps the branches to its exit codes: VenueError, ChainRefused and Mismatch 1,
InputError 2, other ChainErrors and ToolMissing 3.
"""

from pmkit.errors.accounts import (
    ActingAlready,
    DebtOpen,
    DexEquityOpen,
    EnablingRefused,
    LeverageOutOfRange,
    NotAReceiver,
    NotOperator,
    NotPortfolioMargin,
    NotStandardMode,
    OwnerOnly,
    Paused,
    PositionsOpen,
)
from pmkit.errors.arithmetic import (
    ArithmeticOverflow,
    ContractPanic,
    ContractReverted,
    DivisionByZero,
    DoesNotFit128,
    ExponentTooLarge,
)
from pmkit.errors.base import (
    InputError,
    Mismatch,
    PmkitError,
    ToolMissing,
    VenueError,
)
from pmkit.errors.chain import (
    BlockTooSmall,
    ChainError,
    ChainRefused,
    DeploymentDiffers,
    InsufficientFunds,
    NodeRefused,
    NodeUnavailable,
    NotDeployed,
    ReceiptTimeout,
    TransactionFailed,
    UnknownRevert,
)
from pmkit.errors.erc20 import (
    ERC20InsufficientAllowance,
    ERC20InsufficientBalance,
    ERC20InvalidApprover,
    ERC20InvalidReceiver,
    ERC20InvalidSender,
    ERC20InvalidSpender,
)
from pmkit.errors.isolated import (
    InsufficientIsolatedMargin,
    IsolatedNotLiquidatable,
    PositionOpen,
)
from pmkit.errors.liquidation import (
    BufferSweepOff,
    BufferSweepTooEarly,
    DeficitTooLarge,
    NoDeficit,
    NotAUserAccount,
    NothingToLiquidate,
    NothingToSell,
    NothingToSweep,
    NotLiquidatable,
    SelfLiquidation,
    StepTooEarly,
)
from pmkit.errors.margin import (
    DebtAboveThreshold,
    HealthFactorBelowOne,
    InsufficientMargin,
    InvalidWeights,
    MarkMissing,
    MarkPartsMissing,
    NoPosition,
    PriceMissing,
    RatioAboveTrigger,
    StaleMark,
    StalePrice,
)
from pmkit.errors.pool import (
    BorrowCapExceeded,
    BorrowWhileSupplied,
    InexactAmount,
    InsufficientBalance,
    InsufficientCash,
    NoDebt,
    NotBorrowable,
    ReentrancyGuardReentrantCall,
    SafeERC20FailedOperation,
    SupplyCapExceeded,
    TransferMismatch,
    WithdrawLocked,
    ZeroAmount,
)
from pmkit.errors.registry import (
    AccessControlBadConfirmation,
    AccessControlUnauthorizedAccount,
    AlreadyListed,
    CollateralNeedsLtv,
    DecimalsOutOfRange,
    FractionTooHigh,
    InvalidMarginTable,
    ListingFull,
    LtvTooHigh,
    PriceMoveTooLarge,
    PriceZero,
    SingleTierTable,
    SizeDecimalsOutOfRange,
    UnknownAsset,
    UnknownDex,
    UnknownMarginTable,
    UnknownPair,
    UnknownToken,
)
from pmkit.errors.trading import (
    InvalidSize,
    LimitPriceCrossed,
    MakerCapacity,
    ReduceOnlyViolated,
    SelfTrade,
    SpotPriceMissing,
)

__all__ = [
    "AccessControlBadConfirmation",
    "AccessControlUnauthorizedAccount",
    "ActingAlready",
    "AlreadyListed",
    "ArithmeticOverflow",
    "BlockTooSmall",
    "BorrowCapExceeded",
    "BorrowWhileSupplied",
    "BufferSweepOff",
    "BufferSweepTooEarly",
    "ChainError",
    "ChainRefused",
    "CollateralNeedsLtv",
    "ContractPanic",
    "ContractReverted",
    "DebtAboveThreshold",
    "DebtOpen",
    "DecimalsOutOfRange",
    "DeficitTooLarge",
    "DeploymentDiffers",
    "DexEquityOpen",
    "DivisionByZero",
    "DoesNotFit128",
    "ERC20InsufficientAllowance",
    "ERC20InsufficientBalance",
    "ERC20InvalidApprover",
    "ERC20InvalidReceiver",
    "ERC20InvalidSender",
    "ERC20InvalidSpender",
    "EnablingRefused",
    "ExponentTooLarge",
    "FractionTooHigh",
    "HealthFactorBelowOne",
    "InexactAmount",
    "InputError",
    "InsufficientBalance",
    "InsufficientCash",
    "InsufficientFunds",
    "InsufficientIsolatedMargin",
    "InsufficientMargin",
    "InvalidMarginTable",
    "InvalidSize",
    "InvalidWeights",
    "IsolatedNotLiquidatable",
    "LeverageOutOfRange",
    "LimitPriceCrossed",
    "ListingFull",
    "LtvTooHigh",
    "MakerCapacity",
    "MarkMissing",
    "MarkPartsMissing",
    "Mismatch",
    "NoDebt",
    "NoDeficit",
    "NoPosition",
    "NodeRefused",
    "NodeUnavailable",
    "NotAReceiver",
    "NotAUserAccount",
    "NotBorrowable",
    "NotDeployed",
    "NotLiquidatable",
    "NotOperator",
    "NotPortfolioMargin",
    "NotStandardMode",
    "NothingToLiquidate",
    "NothingToSell",
    "NothingToSweep",
    "OwnerOnly",
    "Paused",
    "PmkitError",
    "PositionOpen",
    "PositionsOpen",
    "PriceMissing",
    "PriceMoveTooLarge",
    "PriceZero",
    "RatioAboveTrigger",
    "ReceiptTimeout",
    "ReduceOnlyViolated",
    "ReentrancyGuardReentrantCall",
    "SafeERC20FailedOperation",
    "SelfLiquidation",
    "SelfTrade",
    "SingleTierTable",
    "SizeDecimalsOutOfRange",
    "SpotPriceMissing",
    "StaleMark",
    "StalePrice",
    "StepTooEarly",
    "SupplyCapExceeded",
    "ToolMissing",
    "TransactionFailed",
    "TransferMismatch",
    "UnknownAsset",
    "UnknownDex",
    "UnknownMarginTable",
    "UnknownPair",
    "UnknownRevert",
    "UnknownToken",
    "VenueError",
    "WithdrawLocked",
    "ZeroAmount",
]
