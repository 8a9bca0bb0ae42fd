"""Interest against recorded reserves and independent high precision. SPEC BL-01 to BL-06."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal, localcontext
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmkit.decimals import parse_units
from pmkit.errors import ExponentTooLarge
from pmkit.params import load_params
from pmkit.rates import (
    LN2,
    MAX_ACCRUAL,
    MAX_EXPONENT,
    MAX_INDEX,
    SHARE_UNIT,
    YEAR,
    ReserveIndexes,
    accrue,
    amount_of_shares_down,
    amount_of_shares_up,
    borrow_rate,
    expm1,
    growth_of,
    ln1p,
    shares_down,
    shares_up,
    supply_rate,
    utilization,
)
from pmkit.units import RAY, UINT128_MAX, WAD, mul_div_nearest

RESERVES = json.loads((Path(__file__).parents[1] / "fixtures" / "reserves.json").read_text("utf-8"))
CURVE = load_params("current").token("USDC").curve
HOUR = 3600


def units(text: str) -> int:
    """Return a recorded amount in 1e-10, exactly."""
    return parse_units(text, 10, "fixture")


def printed(ray: int, decimals: int = 10) -> int:
    """Return a RAY figure rounded to nearest at the decimals that the venue prints."""
    return mul_div_nearest(ray, 1, 10 ** (27 - decimals))


@pytest.mark.parametrize("name", sorted(RESERVES))
def test_rates_of_a_recorded_reserve_are_the_printed_ones(name):
    reserve = RESERVES[name]
    used = utilization(units(reserve["totalBorrowed"]), units(reserve["totalSupplied"]))
    assert printed(used) == units(reserve["utilization"])
    rate = borrow_rate(used, CURVE)
    assert printed(rate) == units(reserve["borrowYearlyRate"])
    # One recording was printed with four decimals.
    decimals = reserve.get("supplyRateDecimals", 10)
    earned = supply_rate(rate, used, CURVE.protocol_share)
    assert printed(earned, decimals) == parse_units(reserve["supplyYearlyRate"], decimals, name)


@pytest.mark.parametrize(
    ("name", "buffer"),
    [
        ("R1", "12.36"),
        ("R2-USDC", "12.36"),
        ("R3a-USDC", "0.58"),
        ("R3b-USDC", "0.58"),
        ("R4-USDC", "1.24"),
    ],
)
def test_cash_of_a_recorded_reserve_is_supply_less_debt_plus_a_small_buffer(name, buffer):
    reserve = RESERVES[name]
    cash, supplied, borrowed = (
        units(reserve[key]) for key in ("balance", "totalSupplied", "totalBorrowed")
    )
    assert round(Decimal(cash - supplied + borrowed) / 10**10, 2) == Decimal(buffer)


def test_interest_of_the_recorded_minute_goes_nine_to_one():
    # R1 to R2 is a minute of a debt of 60,582.61869494: 0.00576573 interest, 0.00057656 to the
    # buffer.
    borrowed, supplied = (units(RESERVES["R1"][key]) for key in ("totalBorrowed", "totalSupplied"))
    before = reserve_of(supplied=supplied, borrowed=borrowed)
    after = accrue(before, CURVE, 60)
    interest = amount_of_shares_up(after.borrow_shares, after.borrow_index) - borrowed
    recorded = units(RESERVES["R2-USDC"]["totalBorrowed"]) - borrowed
    # The recording lies 60.03 s after the first, by its own interest.
    assert abs(interest * 6003 - recorded * 6000) <= recorded
    assert abs(after.buffer // SHARE_UNIT - interest // 10) <= 1


@pytest.mark.parametrize(
    ("used", "borrow", "supply"),
    [
        ("0.5", "0.05", "0.0225"),
        ("0.8", "0.05", "0.036"),
        ("0.9", "0.525", "0.42525"),
        ("1", "1", "0.9"),
    ],
)
def test_rates_along_the_curve_are_the_pages(used, borrow, supply):
    used, borrow, supply = (parse_units(text, 27, "page") for text in (used, borrow, supply))
    assert borrow_rate(used, CURVE) == borrow
    assert supply_rate(borrow, used, CURVE.protocol_share) == supply


def test_utilization_at_its_ends_is_zero_and_one():
    assert utilization(0, 0) == 0
    assert utilization(1, 0) == RAY
    assert utilization(3, 2) == RAY
    assert utilization(1, 3) == RAY // 3


def reserve_of(*, supplied: int, borrowed: int) -> ReserveIndexes:
    """Return a reserve whose indexes are one."""
    return ReserveIndexes(
        supply_index=RAY,
        borrow_index=RAY,
        supply_shares=supplied * SHARE_UNIT,
        borrow_shares=borrowed * SHARE_UNIT,
        buffer=0,
    )


def test_a_million_for_an_hour_at_five_percent_costs_5_70778():
    million = 10**6 * 10**8
    after = accrue(reserve_of(supplied=2 * million, borrowed=million), CURVE, HOUR)
    owed = amount_of_shares_up(after.borrow_shares, after.borrow_index) - million
    earned = amount_of_shares_down(after.supply_shares, after.supply_index) - 2 * million
    # 5.70778 interest, 5.13700 to suppliers, 0.57078 to the buffer, to the five decimals on paper.
    assert round(Decimal(owed) / 10**8, 5) == Decimal("5.70778")
    assert round(Decimal(earned) / 10**8, 5) == Decimal("5.13700")
    assert round(Decimal(after.buffer) / (10**8 * SHARE_UNIT), 5) == Decimal("0.57078")


def independent_expm1(exponent: int) -> Decimal:
    """Return e^x − 1 from the decimal module's own exponential, 60 digits."""
    with localcontext() as context:
        context.prec = 80
        return (Decimal(exponent) / RAY).exp() - 1


def test_interest_of_one_second_at_five_percent_is_right_to_1e15():
    after = accrue(reserve_of(supplied=2 * 10**20, borrowed=10**20), CURVE, 1)
    with localcontext() as context:
        context.prec = 80
        exact = (Decimal("0.05") / YEAR).exp() - 1
        growth = Decimal(after.borrow_index - RAY) / RAY
        assert abs(growth / exact - 1) < Decimal("1e-15")


@given(st.integers(10**15, 3 * RAY))
def test_expm1_agrees_with_an_independent_exponential(exponent):
    with localcontext() as context:
        context.prec = 80
        exact = independent_expm1(exponent) * RAY
        # A unit of its own grid, and 1e-25 of the result.
        assert abs(expm1(exponent) - exact) <= 1 + exact * Decimal("1e-25")


@given(st.integers(0, MAX_EXPONENT - RAY), st.integers(0, RAY))
def test_expm1_never_falls(exponent, more):
    assert expm1(exponent) <= expm1(exponent + more)


def test_expm1_above_its_range_is_refused():
    assert expm1(MAX_EXPONENT) > 0
    with pytest.raises(ExponentTooLarge) as failed:
        expm1(MAX_EXPONENT + 1)
    assert failed.value.values == {"exponent": MAX_EXPONENT + 1, "maximum": MAX_EXPONENT}


@pytest.mark.parametrize(
    ("missing", "index"),
    [(0, 2_718_281_828_459_045_235_360_287_471), (1, 2_718_281_827 * 10**18)],
)
def test_interest_that_just_fits_is_the_interest_in_full(missing, index):
    """SPEC BL-22: all is borrowed at a rate of one for a year, which makes e - 1 of 1e9 shares."""
    room = 1_718_281_828 - missing
    reserve = ReserveIndexes(
        supply_index=RAY,
        borrow_index=RAY,
        supply_shares=0,
        borrow_shares=10**9,
        buffer=UINT128_MAX - room,
    )
    after = accrue(reserve, CURVE, YEAR)
    assert after.borrow_index == index
    assert after.buffer == UINT128_MAX


def independent_ln1p(rate: int) -> Decimal:
    """Return ln(1 + x) in RAY from the decimal module's own logarithm, 60 digits."""
    with localcontext() as context:
        context.prec = 80
        return (1 + Decimal(rate) / RAY).ln() * RAY


@given(st.one_of(st.integers(0, 2 * RAY), st.integers(0, 10_000 * RAY)))
def test_ln1p_agrees_with_an_independent_logarithm_to_the_last_decimal(rate):
    exact = independent_ln1p(rate)
    assert 0 <= exact - ln1p(rate) < Decimal("1.0000001")


def test_ln1p_of_powers_of_two_is_as_many_times_ln2():
    # ln 2 = 0.693147180559945309417232121458176568...
    for power in range(14):
        assert ln1p((2**power - 1) * RAY) == power * LN2 // 10**9
    with localcontext() as context:
        context.prec = 80
        assert int(Decimal(2).ln() * 10**36) == LN2


@given(st.integers(0, 10_000 * RAY), st.integers(0, RAY))
def test_ln1p_never_falls(rate, more):
    assert ln1p(rate) <= ln1p(rate + more)


def test_growth_of_an_hour_at_five_percent_is_the_pages_under_either_reading():
    # e^(0.05/8760) - 1 = 5.70778e-6, and 1.05^(1/8760) - 1 = 5.56967e-6.
    continuous, annual = (growth_of(RAY // 20, HOUR, annual=a) for a in (False, True))
    assert mul_div_nearest(continuous, 1, 10**16) == 570_778
    assert mul_div_nearest(annual, 1, 10**16) == 556_967


@pytest.mark.parametrize("percent", [1, 5, 100, 500_000])
def test_growth_of_a_year_at_an_annual_rate_is_the_rate(percent):
    rate = percent * RAY // 100
    # ln(1 + r) is a unit short at the most, and the growth 1 + r units for it.
    assert 0 <= rate - growth_of(rate, YEAR, annual=True) <= 2 * (1 + percent // 100)


@given(st.integers(0, 10_000 * RAY), st.integers(0, 100 * YEAR))
def test_growth_at_an_annual_rate_is_below_the_continuous_one(rate, elapsed):
    assert growth_of(rate, elapsed, annual=True) <= growth_of(rate, elapsed, annual=False)


def test_growth_of_one_accrual_ends_at_its_bound():
    most = expm1(MAX_ACCRUAL)
    assert growth_of(RAY, 21 * YEAR, annual=False) == most
    # 2^28.85 = e^20
    assert growth_of(RAY, 28 * YEAR, annual=True) == pytest.approx(2**28 * RAY)
    assert growth_of(RAY, 29 * YEAR, annual=True) == most


@pytest.mark.parametrize(
    ("annual", "owed"),
    # 1.05, and e^0.05 = 1.0512710963760240...
    [(True, 1_050_000_00000000), (False, 1_051_271_09637603)],
)
def test_debt_after_a_year_is_as_the_curve_compounds(annual, owed):
    million = 10**6 * 10**8
    curve = replace(CURVE, annual=annual)
    after = accrue(reserve_of(supplied=2 * million, borrowed=million), curve, YEAR)
    assert amount_of_shares_up(after.borrow_shares, after.borrow_index) == owed


@given(
    st.integers(1, 10**18), st.integers(0, 10**18), st.integers(1, YEAR), st.integers(RAY, 3 * RAY)
)
def test_interest_paid_covers_interest_earned_and_kept(supplied, borrowed, elapsed, index):
    before = ReserveIndexes(
        supply_index=index,
        borrow_index=index,
        supply_shares=supplied * SHARE_UNIT,
        borrow_shares=min(borrowed, supplied) * SHARE_UNIT,
        buffer=0,
    )
    after = accrue(before, CURVE, elapsed)
    paid = before.borrow_shares * (after.borrow_index - before.borrow_index)
    earned = before.supply_shares * (after.supply_index - before.supply_index)
    assert paid >= earned + after.buffer * RAY
    assert after.borrow_index >= before.borrow_index
    assert after.supply_index >= before.supply_index


def test_interest_stops_where_an_index_is_full_and_never_locks():
    """Once idle accruals at a high rate left the range, and nobody could repay or leave.

    A debt grows by e^9 to 8,103 times, and by as much again; an index has room for 20,282 times.
    """
    before = reserve_of(supplied=10**9, borrowed=10**9)
    steep = replace(CURVE, base=9 * RAY, slope=0)
    once = accrue(before, steep, YEAR)
    assert once.borrow_index // RAY == 8_103
    twice = accrue(once, steep, YEAR)
    assert twice.borrow_index == MAX_INDEX
    assert MAX_INDEX // RAY == 20_282
    assert accrue(twice, steep, YEAR) == twice
    # 90 % of it went to the suppliers, a tenth to the buffer.
    assert abs(twice.supply_index - (RAY + (MAX_INDEX - RAY) * 9 // 10)) <= 2 * 10**9
    assert abs(twice.buffer - 10**18 * (MAX_INDEX - RAY) // 10 // RAY) <= 10


def test_interest_stops_where_the_supply_index_is_full():
    """The debt has room, and the nine tenths that are the suppliers' have it for 900 units."""
    before = reserve_of(supplied=10**9, borrowed=10**9)
    full = accrue(replace(before, supply_index=MAX_INDEX - 9 * 10**11), CURVE, YEAR)
    assert (full.supply_index, full.borrow_index) == (MAX_INDEX, RAY + 10**12)
    assert full.buffer == 100
    assert accrue(full, CURVE, YEAR) == full


def test_any_shares_at_the_largest_index_fit_an_amount():
    assert amount_of_shares_up(UINT128_MAX, MAX_INDEX) < 2**113


def test_interest_stops_where_the_buffer_is_full():
    # Nobody supplies, so the buffer takes all; 2^128 of its units are left but 1,000.
    before = replace(reserve_of(supplied=0, borrowed=10**9), buffer=UINT128_MAX - 1_000)
    full = accrue(before, CURVE, YEAR)
    assert (full.buffer, full.borrow_index) == (UINT128_MAX, RAY + 10**12)
    assert accrue(full, CURVE, YEAR) == full


WIDE = st.integers(0, UINT128_MAX)


@given(
    st.tuples(st.integers(1, MAX_INDEX), st.integers(1, MAX_INDEX), WIDE, WIDE, WIDE),
    st.integers(0, 5_000 * RAY),
    st.integers(0, WAD),
    st.integers(0, 100 * YEAR),
)
def test_interest_of_any_reserve_keeps_to_its_range(words, rate, share, elapsed):
    supply_index, borrow_index, supply_shares, borrow_shares, buffer = words
    before = ReserveIndexes(
        supply_index=supply_index,
        borrow_index=borrow_index,
        supply_shares=supply_shares,
        borrow_shares=borrow_shares,
        buffer=buffer,
    )
    curve = replace(CURVE, base=rate, protocol_share=share)
    after = accrue(before, curve, elapsed)
    assert supply_index <= after.supply_index <= MAX_INDEX
    assert borrow_index <= after.borrow_index <= MAX_INDEX
    assert buffer <= after.buffer <= UINT128_MAX
    paid = borrow_shares * (after.borrow_index - borrow_index)
    earned = supply_shares * (after.supply_index - supply_index)
    assert paid >= earned + (after.buffer - buffer) * RAY


def test_interest_without_suppliers_is_kept_whole():
    after = accrue(reserve_of(supplied=0, borrowed=10**14), CURVE, HOUR)
    interest = (after.borrow_index - RAY) * after.borrow_shares // RAY
    assert after.buffer == interest > 0


def test_interest_of_debt_beyond_the_supply_is_kept():
    """SPEC BL-05: 100 are owed where 20 are supplied, at 100 % a year for an hour."""
    before = reserve_of(supplied=20 * 10**8, borrowed=100 * 10**8)
    after = accrue(before, CURVE, HOUR)
    # The supply earns nine tenths of what a debt of its own size pays, and the debt pays five times
    # that.
    growth = after.borrow_index - RAY
    assert (
        abs(after.supply_index - RAY - growth * 9 // 10) <= RAY * SHARE_UNIT // after.supply_shares
    )
    interest = growth * after.borrow_shares // RAY
    assert abs(after.buffer - (interest - interest * 18 // 100)) <= 2


def test_supply_never_earns_more_than_debt_pays():
    """SPEC BL-03: the last wei supplied does not get a whole reserve's interest."""
    before = reserve_of(supplied=1, borrowed=10**14)
    after = accrue(before, CURVE, YEAR)
    assert after.supply_index < after.borrow_index
    assert after.buffer > 0


def test_interest_of_no_time_or_no_debt_is_none():
    idle = reserve_of(supplied=10**8, borrowed=0)
    assert accrue(idle, CURVE, YEAR) == idle
    lent = reserve_of(supplied=10**8, borrowed=10**8)
    assert accrue(lent, CURVE, 0) == lent


@given(st.integers(0, 10**20), st.integers(RAY, 100 * RAY))
def test_shares_in_and_out_never_profit(amount, index):
    assert amount_of_shares_down(shares_down(amount, index), index) <= amount
    assert amount_of_shares_up(shares_up(amount, index), index) >= amount


@given(st.integers(1, 10**20), st.integers(RAY, 100 * RAY))
def test_shares_of_an_amount_cost_less_than_one_wei(amount, index):
    assert amount - amount_of_shares_down(shares_down(amount, index), index) <= 1
    assert amount_of_shares_up(shares_up(amount, index), index) - amount <= 1


def test_recorded_supplier_right_after_supply_is_a_wei_below():
    # A supply of 2.0 shows 1.99999999: shares and value are both rounded down.
    index = RAY + RAY // 7
    assert amount_of_shares_down(shares_down(2 * 10**8, index), index) == 2 * 10**8 - 1


def test_protocol_share_is_a_tenth():
    assert CURVE.protocol_share * 10 == WAD
