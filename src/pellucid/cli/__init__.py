"""The command line. `main` is its door; one file per command.

Importing this loads Typer and nothing else: `pellucid --help` answers at once, and every command
imports what it needs when it runs.
"""

from pellucid.cli.app import app, main

__all__ = ["app", "main"]
