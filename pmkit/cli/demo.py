"""`pmkit demo`: the main job end to end, as tables for people and one JSON object for programs."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from pmkit.cli.demo_object import demo_object

if TYPE_CHECKING:
    from collections.abc import Callable

    from pmkit.demo import Demo


LEAST_WIDTH = 158
"""Columns that the widest table needs."""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def demo(as_json: bool) -> None:
    """Run the main job end to end on an embedded local chain, in under a minute.

    A recorded account is rebuilt and judged by the chain, by Python and by the venue; a carry trade
    runs until it is liquidatable; a crash is met by a keeper. Ends with exit code 1 if two sides
    differ that must not.
    """
    from rich.console import Console

    from pmkit.cli.demo_tables import print_demo

    # Progress goes to stderr, so that what is printed can be piped.
    progress = Console(stderr=True, highlight=False)
    with progress.status("starting a local chain") as status:
        seen = play(lambda text: status.update(text))
    if as_json:
        click.echo(json.dumps(demo_object(seen)))
    else:
        screen = Console(highlight=False)
        # A figure cut short is worse than a line that wraps.
        screen.width = max(screen.width, LEAST_WIDTH)
        print_demo(seen, screen)


def play(told: Callable[[str], None]) -> Demo:
    """Run the three scenarios, each on the venue as it was deployed."""
    from pmkit.chain.local import LocalVenue
    from pmkit.demo import Demo, carry, crash, recorded
    from pmkit.demo.stage import Stage
    from pmkit.params import load_params

    params = load_params("current")
    # The three scenarios state their figures without funding.
    policy = replace(params.policy, funding_interval=0)
    with LocalVenue.start(params.with_policy(policy)) as local:
        stage = Stage(local)
        with local.scratch():
            first = recorded.run(stage, lambda text: told(f"recorded account: {text}"))
        with local.scratch():
            second = carry.run(stage, lambda text: told(f"carry trade: {text}"))
        third = crash.run(stage, lambda text: told(f"crash: {text}"))
    return Demo(recorded=first, carry=second, crash=third)
