"""Further keyword arguments of `L_layer_model` and `DeepNetwork`, taken from the fields that declare them.

`more_options.pyi` states the same with types, for editors and type checkers; `make docs` writes it.
"""

from typing import Any, TypedDict

from pellucid.network import Network
from pellucid.settings import Option, declared_by
from pellucid.training import TrainingOptions

MORE: dict[str, Option] = {
    name: option
    for owner in (Network, TrainingOptions)
    for name, option in declared_by(owner).items()
    if not option.setting.explicit
}

MoreOptions: Any = TypedDict("MoreOptions", dict.fromkeys(MORE, Any), total=False)  # type: ignore[operator, misc]
