"""The command line. `main` is its door; one file per command.

Importing this loads Typer and nothing that is slow: `pellucid --help` answers at once, and the file of a
command is imported when it is called.
"""

from pellucid.cli.app import app, main

__all__ = ["app", "main"]
