"""The gas bench: what it stores and prints, and that what is stored is of these contracts."""

import json

import pytest

from bench.gas import table
from bench.gas.accounts import Stand
from bench.gas.ground import Ground
from bench.gas.market import PRICES, bench_params, collaterals
from bench.gas.record import STORED, read, record_of, text_of, write
from bench.gas.scenarios import (
    LARGEST_PERPS,
    LARGEST_TOKENS,
    NAMES,
    PROTOCOLS,
    SCENARIOS,
    Missing,
    complete,
    slope,
)
from bench.gas.venue import RUNS
from pmkit.chain import LocalVenue


def figures(**known):
    return complete(known, why="nobody measured it")


@pytest.fixture
def record():
    return record_of(
        {
            "pmkit": figures(supply=80_000, borrow=95_001),
            "morpho_blue": figures(supply=77_635),
            "aave_v3": figures(supply=153_127, borrow=230_337),
        }
    )


def row(record, name, before):
    return next(row for row in table.rows(record, before) if row[0] == name)


def test_scenarios_have_one_name_each_and_the_agreed_ones_are_among_them():
    assert len(set(NAMES)) == len(NAMES)
    agreed = "supply borrow repay withdraw liquidate liquidate_largest per_further_asset"
    assert {*agreed.split(), "batch_marginal"} <= set(NAMES)


def test_goals_are_those_of_the_design():
    goals = {s.name: s.goal for s in SCENARIOS if s.goal}
    assert goals["supply"] == goals["repay"] == goals["batch_marginal"] == 85_000
    assert (goals["borrow"], goals["liquidate"]) == (95_000, 150_000)
    assert goals["per_further_asset"] == 8_000
    assert goals["lens_per_account"] == 45_000
    assert {goals[name] for name in NAMES if "largest" in name} == {1_500_000}


def test_figure_that_is_missing_has_its_reason_and_is_stored_as_null(record):
    assert figures()["supply"] == Missing(why="nobody measured it")
    assert record["liquidate"] == {"pmkit": None, "morpho_blue": None, "aave_v3": None}


def test_figure_of_an_unknown_scenario_is_refused():
    with pytest.raises(AssertionError, match="no scenario is called suply"):
        figures(suply=1)


def test_record_is_a_line_a_scenario_in_the_order_of_their_names(record):
    lines = text_of(record).splitlines()
    assert (lines[0], lines[-1]) == ("{", "}")
    assert [line.split('"')[1] for line in lines[1:-1]] == sorted(NAMES)
    line = '  "supply": {"pmkit": 80000, "morpho_blue": 77635, "aave_v3": 153127},'
    assert line in lines


def test_record_is_read_back_as_it_was_written(record, tmp_path):
    path = tmp_path / "gas.json"
    assert read(path) == {}
    write(record, path)
    assert read(path) == record == json.loads(path.read_text())
    assert [file.name for file in tmp_path.iterdir()] == ["gas.json"]


def test_table_tells_goal_change_and_verdict(record):
    before = {"supply": {"pmkit": 81_500}, "borrow": {"pmkit": 95_001}}
    what = "a lender supplies more of the lent token"
    expected = ("supply", "85,000", "80,000", "-1,500", "77,635", "153,127", "pass", what)
    assert row(record, "supply", before) == expected
    assert row(record, "borrow", before)[1:7] == (
        *("95,000", "95,001", ""),
        *("–", "230,337", "over, x1.00"),
    )
    assert row(record, "repay", before)[6] == "not measured"
    assert row(record, "accrue", before)[1:7] == ("–", "–", "", "–", "–", "")


def test_reasons_are_told_once_each():
    each = {protocol: figures() for protocol in PROTOCOLS}
    told = table.reasons(each)
    assert len(told) == len(PROTOCOLS)
    assert told[0] == f"pmkit: nobody measured it: {', '.join(NAMES)}"


@pytest.mark.parametrize(("least", "most", "each"), [(100, 190, 10), (100, 191, 11), (100, 100, 0)])
def test_slope_is_the_cost_of_each_further_one_rounded_up(least, most, each):
    assert slope(least, most, (1, 10)) == each


def test_market_lists_enough_for_the_largest_account():
    params = bench_params()
    assert len(params.perps) == LARGEST_PERPS
    assert len(params.tokens) >= LARGEST_TOKENS
    assert all(params.token(name).ltv_bps > 0 for name in collaterals())


def test_stored_figures_are_of_every_scenario():
    stored = read()
    assert STORED.read_text() == text_of(stored)
    assert sorted(stored) == sorted(NAMES)
    assert all(tuple(line) == PROTOCOLS for line in stored.values())


@pytest.mark.slow
def test_stored_figures_are_of_these_contracts():
    """A change of contracts that changes gas shows it: `make gas` renews the file."""
    with LocalVenue.start(bench_params(), prices=PRICES) as local:
        assert RUNS["supply"](Stand(Ground(local))) == read()["supply"]["pmkit"], "run `make gas`"


README_ROWS = {
    "supply": "supply",
    "borrow, one collateral": "borrow",
    "repay from the wallet": "repay",
    "withdraw": "withdraw",
    "liquidate, debt leg": "liquidate",
    "each further account of a batch of liquidations": "batch_marginal",
    "each further account asked of the lens": "lens_per_account",
    "each further collateral in a borrow": "per_further_asset",
    "each further collateral in the account check": "check_per_further_collateral",
    "dearest liquidation call on 12 tokens and 32 perps": "liquidate_largest",
}


def test_readme_shows_the_stored_figures_and_goals():
    stored, readme = read(), (STORED.parents[1] / "README.md").read_text()
    goals = {scenario.name: scenario.goal for scenario in SCENARIOS}
    for label, name in README_ROWS.items():
        figures = (goals[name], *(stored[name][protocol] for protocol in PROTOCOLS))
        assert f"| {label} | {' | '.join(table.gas(figure) for figure in figures)} |" in readme
