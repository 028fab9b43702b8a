"""Write what follows from the declared options: a stub for editors, and their table in docs/options.md.

--check compares instead, and fails where the two differ.
"""

import dataclasses
import sys
from pathlib import Path

from pellucid.cli.arguments import default_text, option_meaning, options_by_name
from pellucid.more_options import MORE
from pellucid.settings import Option

ROOT = Path(__file__).parent.parent

STUB = '''\
"""Written by `make docs` from the fields of `Network` and `TrainingOptions`."""

from typing import TypedDict

from pellucid.optimizer import Optimizer
from pellucid.settings import Option
from pellucid.training import Schedule

MORE: dict[str, Option]

class MoreOptions(TypedDict, total=False):
    """Further arguments of `L_layer_model` and `DeepNetwork`; the two classes say what each means."""

'''

PAGE = """\
# Options

Every option of a training, with its names. `make docs` writes this page from the fields that declare the
options; `make check` fails where they differ.

- On the command line, `pellucid train` and `pellucid lr-find` have them.
- In a TOML file (`--config`) the key is the name of the command line without the first hyphens.
- In Python, `pellucid.fit_model` takes them by the names of the TOML file. They are fields of the frozen
  classes named here; `DeepNetwork` and `L_layer_model` take those of `Network` and `TrainingOptions`.
- `MLPClassifier` and `MLPRegressor` have scikit-learn's names: see [drop-in.md](drop-in.md).
"""


def type_of(option: Option) -> str:
    """The annotation of a field, as source text."""
    kind = next(item for item in dataclasses.fields(option.owner) if item.name == option.field).type
    text = kind.__name__ if isinstance(kind, type) and not hasattr(kind, "__args__") else str(kind)
    for module in ("pellucid.optimizer.", "pellucid.training.schedules.", "pellucid.engines.interface."):
        text = text.replace(module, "")
    return text


def stub() -> str:
    """more_options.pyi."""
    return STUB + "".join(f"    {name}: {type_of(option)}\n" for name, option in MORE.items())


def page() -> str:
    """docs/options.md."""
    groups: dict[str, list[str]] = {}
    for option in options_by_name().values():
        rows = groups.setdefault(option.setting.group, [])
        flags = f"`{option.flag}`" + (f", `--{option.setting.alias}`" if option.setting.alias else "")
        flags = "`DATA`" if option.name == "data" else flags
        cells = [flags, f"`{option.owner.__name__}.{option.field}`", option.expected]
        cells += [default_text(option), option_meaning(option)]
        rows.append(f"| {' | '.join(cells)} |")
    parts = [PAGE]
    for group, rows in groups.items():
        head = "| command line | Python | value | default | meaning |\n|---|---|---|---|---|"
        parts.append(f"## {group}\n\n{head}\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def main() -> int:
    """Write both, or compare them."""
    wanted = {ROOT / "src/pellucid/more_options.pyi": stub(), ROOT / "docs/options.md": page()}
    for path, text in wanted.items():
        if "--check" not in sys.argv[1:]:
            path.write_text(text, "utf-8")
        elif not path.exists() or path.read_text("utf-8") != text:
            print(f"{path.relative_to(ROOT)} differs from the declared options; `make docs` rewrites it")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
