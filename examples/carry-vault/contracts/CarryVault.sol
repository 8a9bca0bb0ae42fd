// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import {Core, ICoreDepositWallet, IERC20} from "./Core.sol";

/// @title A carry trade in HYPE: coins held and lent out, and as many sold short, for the funding
/// @notice Depositors bring native HYPE. The owner takes it to HyperCore, where the vault switches its own
/// account to portfolio margin, supplies the coins, and sells a perp of the same size short. What the short
/// needs or loses is borrowed against the coins; what it earns repays that. In the end everything comes
/// back, and each depositor takes a share of it.
///
/// Core carries actions out after the block and reports nothing, so every step reads what became of the one
/// before it, and can be asked for again. One trade, one vault: shares are counted once, when all is back.
contract CarryVault {
    enum Phase {
        /// Takes deposits and gives them back.
        Open,
        /// On Core.
        Invested,
        /// All is back; shares are paid out.
        Settled
    }

    /// @notice How far the owner lets the trade go.
    struct Limits {
        /// The borrow rate of USDC above which no short is opened.
        uint64 maxBorrowRateBps;
        /// How much of what the coins are good for may be owed before anybody may unwind.
        uint64 maxUseBps;
        /// How far from the price an order may fill.
        uint64 maxSlippageBps;
    }

    /// @notice HYPE's index among the perps, and that of HYPE/USDC among the spot pairs.
    uint32 public constant HYPE_PERP = 159;
    /// @notice See HYPE_PERP.
    uint32 public constant HYPE_PAIR = 107;
    uint32 private constant DEX = 0;
    uint256 private constant BPS = 10_000;
    /// @dev Prices and sizes of orders, and USD here: eight decimals.
    uint256 private constant ONE = 1e8;
    /// @dev Of the dex's USD, which have six.
    int256 private constant DEX_USD = 100;
    /// @dev Less is not waited for: 0.01 of the dex's USD.
    int64 private constant CENT = 10_000;
    /// @dev Units of native HYPE that are one wei of it on Core; less is lost on the way there.
    uint256 private constant EVM_UNITS = 1e10;
    /// @dev Wei of USDC on Core that are one unit of the ERC-20; less is lost on the way back.
    uint64 private constant USDC_UNIT = 100;
    /// @dev The least order that Core takes, USD.
    uint256 private constant LEAST_ORDER = 10 * ONE;
    /// @notice HYPE that stays on Core to pay for crossing over, Core wei: 0.01.
    uint64 public constant CROSSING_FEE = 1e6;
    /// @notice Core carries orders out some seconds after they were asked for, unlike everything else. Only
    /// then is it known what is left to order.
    uint256 public constant ORDER_WAIT = 15;
    /// @dev Significant figures of a price, unless it is a whole number.
    uint256 private constant FIGURES = 1e5;

    /// @notice Who runs the trade.
    address public immutable owner;
    /// @notice USDC on this chain.
    IERC20 public immutable usdc;
    /// @notice See Limits.
    uint64 public immutable maxBorrowRateBps;
    /// @notice See Limits.
    uint64 public immutable maxUseBps;
    /// @notice See Limits.
    uint64 public immutable maxSlippageBps;
    /// @dev Decimals of sizes of perp and coin.
    uint8 private immutable _perpDecimals;
    uint8 private immutable _coinDecimals;

    /// @notice How far the trade has come.
    Phase public phase;
    /// @notice All shares together.
    uint256 public totalShares;
    /// @notice One for each unit of native HYPE that was brought.
    mapping(address depositor => uint256) public sharesOf;
    /// @dev The block in which something was last sent to Core or back; it arrives in a later one.
    uint256 private _movedAt;
    /// @dev When something was last ordered.
    uint256 private _orderedAt;

    /// @notice HYPE was brought.
    event Deposited(address indexed depositor, uint256 amount);
    /// @notice HYPE was taken back before the trade.
    event Withdrawn(address indexed depositor, uint256 amount);
    /// @notice A share was paid out.
    event Redeemed(address indexed depositor, uint256 shares, uint256 hype, uint256 usdc);
    /// @notice The trade has begun or ended.
    event PhaseSet(Phase phase);
    /// @notice USDC went to Core to open the account.
    event Activated(uint256 usdc);
    /// @notice HYPE went to Core, units of the EVM.
    event SentToCore(uint256 hype);
    /// @notice Core was asked to switch portfolio margin on or off.
    event PortfolioMarginAsked(bool on);
    /// @notice Core was asked to lend the coins out.
    event SupplyAsked();
    /// @notice Core was asked to take everything out of the pool.
    event WithdrawalAsked();
    /// @notice Core was asked for an order; price and size are human * 1e8.
    event OrderAsked(uint32 indexed asset, bool isBuy, uint64 limitPx, uint64 sz);
    /// @notice Core was asked to send to the EVM, wei of Core.
    event SentBack(uint64 hype, uint64 usdc);

    /// @notice Only the owner does this.
    error NotOwner(address caller);
    /// @notice Not now.
    error WrongPhase(Phase phase, Phase required);
    /// @notice This chain lists something else there.
    error NotThisMarket(uint32 perp, uint32 pair);
    /// @notice Limits are below 10,000.
    error WrongLimits(uint64 maxUseBps, uint64 maxSlippageBps);
    /// @notice Nothing is not worth a transaction.
    error ZeroAmount();
    /// @notice So much was not brought.
    error TooFewShares(uint256 shares, uint256 required);
    /// @notice HYPE is brought by `deposit`.
    error NotFromCore(address sender);
    /// @notice A token, or HYPE where the token is zero, was not taken.
    error TransferFailed(address token, address to, uint256 amount);
    /// @notice The account has to be opened first, by `activate`, in an earlier block.
    error NotOnCore();
    /// @notice No coins are lent out: the step before failed or is on its way.
    error NothingSupplied();
    /// @notice Nothing is idle on Core.
    error NothingToSend();
    /// @notice The rate is above the limit.
    error BorrowTooDear(uint64 rateBps, uint64 maxRateBps);
    /// @notice Core takes no order below 10 USD.
    error OrderTooSmall(uint256 usd, uint256 least);
    /// @notice A figure is beyond 64 bits.
    error DoesNotFit(uint256 value);
    /// @notice What was ordered last may still be carried out.
    error OrderOnTheWay(uint256 askedAt, uint256 time);
    /// @notice Nothing is short.
    error NoPosition();
    /// @notice Nothing is owed.
    error NoDebt();
    /// @notice The short is to be closed first.
    error StillShort(int64 szi);
    /// @notice The debt is to be repaid first.
    error StillInDebt(uint64 usdc);
    /// @notice The sweep has not fetched what is left of the short's margin yet, 1e-6 USD.
    error StillOnTheDex(int64 equity);
    /// @notice Something is on Core yet.
    error StillOnCore(uint64 hype, uint64 usdc);
    /// @notice What was sent to Core or back may not have arrived yet.
    error StillOnTheWay(uint256 movedAt);

    modifier onlyOwner() {
        require(msg.sender == owner, NotOwner(msg.sender));
        _;
    }

    /// @dev The owner, or anybody once the vault owes more than it should.
    modifier onlyOwnerUnlessAtRisk() {
        require(msg.sender == owner || isAtRisk(), NotOwner(msg.sender));
        _;
    }

    modifier during(Phase required) {
        require(phase == required, WrongPhase(phase, required));
        _;
    }

    /// @notice Open a vault for native HYPE.
    /// @param usdc_ USDC on this chain; 0xb88339CB7199b77E23DB6E890353E22632Ba630f on mainnet.
    constructor(IERC20 usdc_, Limits memory limits) {
        require(
            limits.maxUseBps < BPS && limits.maxSlippageBps < BPS,
            WrongLimits(limits.maxUseBps, limits.maxSlippageBps)
        );
        Core.PerpInfo memory perp = Core.perpInfo(HYPE_PERP);
        Core.SpotInfo memory pair = Core.spotInfo(HYPE_PAIR);
        bool same = keccak256(bytes(perp.coin)) == keccak256("HYPE");
        require(
            same && pair.tokens[0] == Core.HYPE && pair.tokens[1] == Core.USDC,
            NotThisMarket(HYPE_PERP, HYPE_PAIR)
        );
        owner = msg.sender;
        usdc = usdc_;
        (maxBorrowRateBps, maxUseBps, maxSlippageBps) =
        (limits.maxBorrowRateBps, limits.maxUseBps, limits.maxSlippageBps);
        (_perpDecimals, _coinDecimals) = (perp.szDecimals, Core.tokenInfo(Core.HYPE).szDecimals);
    }

    /// @notice HYPE on its way back from Core. Depositors call `deposit`.
    receive() external payable {
        require(msg.sender == Core.HYPE_SYSTEM, NotFromCore(msg.sender));
    }

    // Depositors

    /// @notice Bring native HYPE.
    function deposit() external payable during(Phase.Open) {
        require(msg.value != 0, ZeroAmount());
        sharesOf[msg.sender] += msg.value;
        totalShares += msg.value;
        emit Deposited(msg.sender, msg.value);
    }

    /// @notice Take back what was brought, before the trade begins.
    function withdraw(uint256 amount) external during(Phase.Open) {
        _burn(msg.sender, amount);
        emit Withdrawn(msg.sender, amount);
        _pay(msg.sender, amount);
    }

    /// @notice Take one's share of what has come back, HYPE and USDC.
    function redeem() external during(Phase.Settled) {
        uint256 shares = sharesOf[msg.sender];
        uint256 total = totalShares;
        _burn(msg.sender, shares);
        uint256 hype = address(this).balance * shares / total;
        uint256 dollars = usdc.balanceOf(address(this)) * shares / total;
        emit Redeemed(msg.sender, shares, hype, dollars);
        if (dollars != 0) _require(usdc.transfer(msg.sender, dollars), msg.sender, dollars);
        _pay(msg.sender, hype);
    }

    // The way in, one step a block

    /// @notice Open the vault's account on Core with USDC of the owner's, units of the ERC-20. Core takes one
    /// USDC for it; the rest is the vault's.
    function activate(uint256 amount) external onlyOwner during(Phase.Open) {
        emit Activated(amount);
        _require(usdc.transferFrom(msg.sender, address(this), amount), address(this), amount);
        _require(usdc.approve(Core.DEPOSIT_WALLET, amount), Core.DEPOSIT_WALLET, amount);
        ICoreDepositWallet(Core.DEPOSIT_WALLET).deposit(amount, Core.SPOT_DEX);
    }

    /// @notice Take all HYPE to Core.
    function invest() external onlyOwner during(Phase.Open) {
        require(Core.exists(address(this)), NotOnCore());
        uint256 amount = address(this).balance / EVM_UNITS * EVM_UNITS;
        require(amount != 0, ZeroAmount());
        phase = Phase.Invested;
        emit PhaseSet(Phase.Invested);
        _movedAt = block.number;
        emit SentToCore(amount);
        _pay(Core.HYPE_SYSTEM, amount);
    }

    /// @notice Switch the vault's account to portfolio margin. Core grants it under conditions of its own.
    function enablePortfolioMargin() external onlyOwner during(Phase.Invested) {
        emit PortfolioMarginAsked(true);
        Core.setAbstraction(Core.PORTFOLIO_MARGIN);
    }

    /// @notice Lend out all HYPE that is idle on Core.
    function supply() external onlyOwner during(Phase.Invested) {
        emit SupplyAsked();
        Core.borrowLend(Core.SUPPLY, Core.HYPE, 0);
    }

    /// @notice Sell as much HYPE short as is supplied and not sold short yet.
    function openShort() external onlyOwner during(Phase.Invested) {
        uint64 supplied = Core.userState(address(this), Core.HYPE).supply.value;
        require(supplied != 0, NothingSupplied());
        uint64 rate = Core.reserveState(Core.USDC).borrowYearlyRateBps;
        require(rate <= maxBorrowRateBps, BorrowTooDear(rate, maxBorrowRateBps));
        // HYPE's wei on Core are 1e-8, as sizes of orders are.
        uint256 shorted = uint256(int256(-shortSize())) * 10 ** (8 - _perpDecimals);
        uint256 size = supplied > shorted ? supplied - shorted : 0;
        _order(HYPE_PERP, false, _markPx(), size, _perpDecimals, false);
    }

    // The way out, one step a block

    /// @notice Buy the short back.
    function closeShort() external onlyOwnerUnlessAtRisk during(Phase.Invested) {
        int64 szi = shortSize();
        require(szi < 0, NoPosition());
        uint256 size = uint256(int256(-szi)) * 10 ** (8 - _perpDecimals);
        _order(HYPE_PERP, true, _markPx(), size, _perpDecimals, true);
    }

    /// @notice Sell as much HYPE as repays the debt; in portfolio margin what it brings does so by itself.
    function repay() external onlyOwnerUnlessAtRisk during(Phase.Invested) {
        int64 szi = shortSize();
        require(szi == 0, StillShort(szi));
        uint256 debt = Core.userState(address(this), Core.USDC).borrow.value;
        require(debt != 0, NoDebt());
        uint256 px = uint256(Core.spotPx(HYPE_PAIR)) * 10 ** _coinDecimals;
        // Enough at the worst price, and a lot more for what is rounded.
        uint256 usd = debt > LEAST_ORDER ? debt : LEAST_ORDER;
        uint256 size = usd * ONE * BPS / (px * (BPS - maxSlippageBps)) + 10 ** (8 - _coinDecimals);
        _order(Core.SPOT_ASSETS + HYPE_PAIR, false, px, size, _coinDecimals, false);
    }

    /// @notice Switch portfolio margin off, once nothing is short and nothing owed.
    function leavePortfolioMargin() external onlyOwner during(Phase.Invested) {
        _requireFlat();
        emit PortfolioMarginAsked(false);
        Core.setAbstraction(Core.DISABLED);
    }

    /// @notice Take everything out of the pool. With portfolio margin on it would go back by itself.
    function withdrawSupply() external onlyOwner during(Phase.Invested) {
        _requireFlat();
        emit WithdrawalAsked();
        for (uint64 i = 0; i < 2; ++i) {
            uint64 token = i == 0 ? Core.USDC : Core.HYPE;
            if (Core.userState(address(this), token).supply.value != 0) {
                Core.borrowLend(Core.WITHDRAW, token, 0);
            }
        }
    }

    /// @notice Send everything back to the EVM, but for the HYPE that pays for the way.
    function bringBack() external onlyOwner during(Phase.Invested) {
        _requireFlat();
        uint64 dollars = _idle(Core.USDC) / USDC_UNIT * USDC_UNIT;
        uint64 hype = _idle(Core.HYPE);
        hype = hype > CROSSING_FEE ? hype - CROSSING_FEE : 0;
        require(dollars != 0 || hype != 0, NothingToSend());
        _movedAt = block.number;
        emit SentBack(hype, dollars);
        // USDC first: each crossing is paid for in HYPE.
        if (dollars != 0) Core.spotSend(Core.systemAddress(Core.USDC), Core.USDC, dollars);
        if (hype != 0) Core.spotSend(Core.HYPE_SYSTEM, Core.HYPE, hype);
    }

    /// @notice End the trade once all is back; anybody may.
    function settle() external during(Phase.Invested) {
        // What has left one side is on the other when the block after the next is made.
        require(block.number > _movedAt + 1, StillOnTheWay(_movedAt));
        _requireFlat();
        for (uint64 i = 0; i < 2; ++i) {
            uint64 token = i == 0 ? Core.USDC : Core.HYPE;
            uint64 supplied = Core.userState(address(this), token).supply.value;
            require(
                supplied == 0,
                StillOnCore(token == Core.HYPE ? supplied : 0, token == Core.USDC ? supplied : 0)
            );
        }
        uint64 hype = _idle(Core.HYPE);
        uint64 dollars = _idle(Core.USDC);
        require(hype <= CROSSING_FEE && dollars < USDC_UNIT, StillOnCore(hype, dollars));
        int64 equity = Core.marginSummary(DEX, address(this)).accountValue;
        require(equity < CENT, StillOnTheDex(equity));
        phase = Phase.Settled;
        emit PhaseSet(Phase.Settled);
    }

    // What anybody may look at

    /// @notice What the vault has on Core less what it owes there, 1e-8 USD.
    function netValue() external view returns (int256) {
        Core.UserState memory dollars = Core.userState(address(this), Core.USDC);
        int256 equity = Core.marginSummary(DEX, address(this)).accountValue;
        return int256(collateralValue()) + int256(uint256(dollars.supply.value))
            - int256(uint256(dollars.borrow.value)) + equity * DEX_USD;
    }

    /// @notice The reserve that the short's margin and losses are borrowed from, and what it takes a year.
    function borrowMarket() external view returns (Core.ReserveState memory) {
        return Core.reserveState(Core.USDC);
    }

    /// @notice The vault's margin on the dex of its short, 1e-6 USD.
    function shortMargin() external view returns (Core.MarginSummary memory) {
        return Core.marginSummary(DEX, address(this));
    }

    /// @notice Whether anybody may unwind.
    function isAtRisk() public view returns (bool) {
        return useBps() > maxUseBps;
    }

    /// @notice How much of what may be borrowed against the coins is owed. At 10,000 the health factor is 1.
    function useBps() public view returns (uint256) {
        uint256 debt = owed();
        if (debt == 0) return 0;
        uint256 power = collateralValue() * Core.reserveState(Core.HYPE).ltvBps / BPS;
        return power == 0 ? type(uint256).max : debt * BPS / power;
    }

    /// @notice USDC that is borrowed, and that will be for what the short lacks of its margin, 1e-8: losses
    /// show on the dex first.
    function owed() public view returns (uint256) {
        Core.UserState memory dollars = Core.userState(address(this), Core.USDC);
        Core.MarginSummary memory margin = Core.marginSummary(DEX, address(this));
        int256 lacking = int256(uint256(margin.marginUsed)) - margin.accountValue;
        int256 debt = int256(uint256(dollars.borrow.value)) - int256(uint256(dollars.supply.value));
        if (lacking > 0) debt += lacking * DEX_USD;
        return debt > 0 ? uint256(debt) : 0;
    }

    /// @notice The supplied HYPE at its price, 1e-8 USD.
    function collateralValue() public view returns (uint256) {
        uint256 supplied = Core.userState(address(this), Core.HYPE).supply.value;
        if (supplied == 0) return 0;
        // Wei are 1e-8, the price 10^-(8 - szDecimals).
        return supplied * Core.reserveState(Core.HYPE).oraclePx / 10 ** (8 - _coinDecimals);
    }

    /// @notice The size of the position, 10^-szDecimals HYPE, below zero.
    function shortSize() public view returns (int64) {
        return Core.position(address(this), HYPE_PERP).szi;
    }

    // Within

    /// @dev Order no worse than the allowed slippage from a price; everything is human * 1e8.
    function _order(uint32 asset, bool isBuy, uint256 px, uint256 size, uint8 szDecimals, bool reduceOnly)
        private
    {
        // What only reduces can be asked for twice; anything else would be done twice.
        require(
            reduceOnly || block.timestamp >= _orderedAt + ORDER_WAIT,
            OrderOnTheWay(_orderedAt, block.timestamp)
        );
        _orderedAt = block.timestamp;
        uint256 lot = 10 ** (8 - szDecimals);
        uint256 whole = size / lot * lot;
        uint256 usd = whole * px / ONE;
        require(reduceOnly || usd >= LEAST_ORDER, OrderTooSmall(usd, LEAST_ORDER));
        uint256 bound = isBuy ? BPS + maxSlippageBps : BPS - maxSlippageBps;
        uint256 maxDecimals = asset >= Core.SPOT_ASSETS ? 8 : 6;
        uint256 limit = _onGrid(px * bound / BPS, 10 ** (8 - (maxDecimals - szDecimals)), !isBuy);
        emit OrderAsked(asset, isBuy, _u64(limit), _u64(whole));
        Core.order(asset, isBuy, _u64(limit), _u64(whole), reduceOnly);
    }

    /// @dev Five significant figures or a whole number, and no more decimals than the asset has; rounded so
    /// that the bound holds.
    function _onGrid(uint256 px, uint256 step, bool up) private pure returns (uint256) {
        uint256 figure = 1;
        while (px / figure >= FIGURES && figure < ONE) figure *= 10;
        if (figure > step) step = figure;
        return (up ? px + step - 1 : px) / step * step;
    }

    function _markPx() private view returns (uint256) {
        return uint256(Core.markPx(HYPE_PERP)) * 10 ** (2 + _perpDecimals);
    }

    function _idle(uint64 token) private view returns (uint64) {
        Core.SpotBalance memory balance = Core.spotBalance(address(this), token);
        return balance.total > balance.hold ? balance.total - balance.hold : 0;
    }

    function _requireFlat() private view {
        int64 szi = shortSize();
        require(szi == 0, StillShort(szi));
        uint64 debt = Core.userState(address(this), Core.USDC).borrow.value;
        require(debt == 0, StillInDebt(debt));
    }

    function _burn(address depositor, uint256 shares) private {
        uint256 held = sharesOf[depositor];
        require(shares != 0, ZeroAmount());
        require(shares <= held, TooFewShares(held, shares));
        sharesOf[depositor] = held - shares;
        totalShares -= shares;
    }

    function _pay(address to, uint256 amount) private {
        (bool ok,) = to.call{value: amount}("");
        require(ok, TransferFailed(address(0), to, amount));
    }

    function _require(bool ok, address to, uint256 amount) private view {
        require(ok, TransferFailed(address(usdc), to, amount));
    }

    function _u64(uint256 value) private pure returns (uint64) {
        require(value <= type(uint64).max, DoesNotFit(value));
        return uint64(value);
    }
}
