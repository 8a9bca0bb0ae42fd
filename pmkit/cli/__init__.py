"""The `pmkit` command: a group that loads a command when it is called, and the exit codes.

`pmkit margin` needs no chain, so it must not wait for web3 to be imported. Exit codes: 0 done, 1
the venue refused, 2 bad input, 3 the chain could not be reached, 130 interrupted, 70 a fault in
pmkit. SPEC HE-07.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

import click

from pmkit.cli.interrupts import heard_everywhere, was_asked_to_end
from pmkit.errors import (
    ChainError,
    ChainRefused,
    InputError,
    Mismatch,
    PmkitError,
    ToolMissing,
    VenueError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

DONE, REFUSED, BAD_INPUT, NO_CHAIN, FAULT, INTERRUPTED = 0, 1, 2, 3, 70, 130

COMMANDS = {
    "demo": ("pmkit.cli.demo", "Run the main job end to end on an embedded local chain."),
    "up": ("pmkit.cli.up", "Start the local HyperEVM with everything deployed, and stay."),
    "fork": ("pmkit.cli.fork", "Fork a HyperEVM with chosen accounts, and stay."),
    "deploy": ("pmkit.cli.deploy", "Deploy a venue on any chain, from a file of parameters."),
    "margin": ("pmkit.cli.margin", "Print the margin of an account."),
    "accounts": ("pmkit.cli.accounts", "List accounts, nearest to liquidation first."),
    "actions": ("pmkit.cli.core_actions", "List CoreWriter's actions and what became of each."),
    "supply": ("pmkit.cli.actions", "Supply a token to the pool."),
    "withdraw": ("pmkit.cli.actions", "Withdraw a token from the pool."),
    "borrow": ("pmkit.cli.actions", "Borrow a token from the pool."),
    "repay": ("pmkit.cli.actions", "Repay a debt to the pool."),
    "order": ("pmkit.cli.actions", "Place a spot or perp order."),
    "isolate": ("pmkit.cli.actions", "Give a coin's positions margin of their own."),
    "liquidate": ("pmkit.cli.actions", "Take one liquidation step on an account."),
    "price": ("pmkit.cli.price", "Set or show the prices of a local chain."),
    "mine": ("pmkit.cli.chain_time", "Make blocks."),
    "warp": ("pmkit.cli.chain_time", "Let time pass on a local chain."),
}
"""Command name: the module that defines a click command of that name, and its line in the help."""


class LazyGroup(click.Group):
    """A group whose commands are named here and imported when called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        """Return the commands in the order of the help."""
        return list(COMMANDS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 (click's signature)
        cmd_name: str,
    ) -> click.Command | None:
        """Return a command, importing its module."""
        if cmd_name not in COMMANDS:
            return None
        command = getattr(importlib.import_module(COMMANDS[cmd_name][0]), cmd_name, None)
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run, and turn every failure into one line on stderr and an exit code."""
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        try:
            with heard_everywhere():
                result = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        except click.exceptions.Abort:
            sys.exit(fail("interrupted", INTERRUPTED))
        except click.ClickException as error:
            sys.exit(fail(error.format_message(), BAD_INPUT))
        except PmkitError as error:
            sys.exit(fail(str(error), exit_code(error)))
        except BrokenPipeError:
            # The reader of our output has gone; there is nobody to tell.
            sys.stderr.close()
            sys.exit(DONE)
        except Exception as error:
            if was_asked_to_end(error):
                sys.exit(fail("interrupted", INTERRUPTED))
            if "--debug" in (sys.argv if args is None else args):
                raise
            told = f"{type(error).__name__}: {error} (a fault in pmkit; --debug shows where)"
            sys.exit(fail(told, FAULT))
        sys.exit(result if isinstance(result, int) else DONE)


def exit_code(error: PmkitError) -> int:
    """Return the exit code of a failure."""
    if isinstance(error, VenueError | ChainRefused | Mismatch):
        return REFUSED
    if isinstance(error, ChainError | ToolMissing):
        return NO_CHAIN
    return BAD_INPUT if isinstance(error, InputError) else FAULT


def fail(message: str, code: int) -> int:
    """Print one line on stderr and return the exit code."""
    click.echo("error: " + " ".join(message.split()), err=True)
    return code


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option("--debug", is_flag=True, help="Show where a fault in pmkit came from.")
@click.version_option(package_name="pmkit", prog_name="pmkit")
@click.pass_context
def main(ctx: click.Context, debug: bool) -> None:
    """Hyperliquid's portfolio margin: the figure, a local chain to try it on, and keepers."""
    del debug  # read where faults are caught
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
