"""`ape run demo`: what `pmkit demo` does, for people who come from Ape."""

from pmkit.cli.demo import demo


def main() -> None:
    """Run the main job on an embedded local chain and print what it saw."""
    demo.main(args=[], standalone_mode=False)
