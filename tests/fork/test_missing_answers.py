"""What an upstream does not tell of an account is never taken for nothing. SPEC HE-24."""

from __future__ import annotations

import pytest

from pmkit.errors import InputError
from pmkit.fork.core_state import CoreAccount, require_answers
from pmkit.fork.probe import Ask, Moment, Shape

WHO = "0x" + "11" * 20
ASKS = [
    Ask(name="spot_balance", shape=Shape.ACCOUNT_AND_ID, ids=(0, 150)),
    Ask(name="borrow_lend_user_state", shape=Shape.ACCOUNT_AND_ID, ids=(0, 150)),
    Ask(name="spot_balance", shape=Shape.ACCOUNT_AND_ID, ids=(7,), held_words=3),
]
NOTHING = {"total": 0, "hold": 0, "entry_ntl": 0}


def account(answers):
    return CoreAccount(address=WHO, moment=Moment.__new__(Moment), answers=answers)


def test_balance_of_zero_is_an_answer_and_a_loan_need_not_be():
    answers = {("spot_balance", 0): NOTHING, ("spot_balance", 150): NOTHING}
    require_answers(ASKS, account(answers))


def test_balance_that_the_upstream_does_not_tell_is_refused():
    answers = {("spot_balance", 0): NOTHING, ("spot_balance", 150): None}
    with pytest.raises(InputError, match="spot_balance for 150 is required"):
        require_answers(ASKS, account(answers))
