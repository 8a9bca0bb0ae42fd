"""`ape run deploy`: what `pmkit deploy` does, signed by an account of Ape on a network of Ape."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click
from ape.cli import ConnectedProviderCommand, account_option

from ape_pmkit.signer import ApeSigner
from pmkit.chain.rpc import Rpc
from pmkit.cli import exit_code, fail
from pmkit.cli.deploy import deploy_options, run
from pmkit.errors import PmkitError

if TYPE_CHECKING:
    from ape.api import AccountAPI, ProviderAPI


@click.command(cls=ConnectedProviderCommand)
@account_option()
@deploy_options
def cli(provider: ProviderAPI, account: AccountAPI, **options: Any) -> None:
    """Deploy a venue as a YAML file says, signed by an account of Ape."""
    try:
        run(Rpc(provider.http_uri), ApeSigner(account, provider.network.ecosystem), options)
    except PmkitError as error:
        sys.exit(fail(str(error), exit_code(error)))
