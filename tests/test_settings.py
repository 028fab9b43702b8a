"""Options that are declared once: their checks, their names, and what typed text becomes."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.data.options import DataOptions
from pellucid.errors import OptionError
from pellucid.network import Network
from pellucid.optimizer import OPTIMIZERS, Optimizer
from pellucid.planning import OWNERS, ModelOptions
from pellucid.settings import check, declared_by, described_by, description_of, named, setting
from pellucid.training import Schedule, TrainingOptions
from pellucid.training.schedules import SCHEDULES

SOURCE = Path(__file__).parents[1] / "src" / "pellucid"


@dataclass(frozen=True)
class Sample:
    """A class of every kind of setting.

    Args:
        count: how many of them,
            over two lines.
        share: a share.
        name: one of two names.
        names: one for all, or one for each.
        many: several integers.
        flag: yes or no.
        free: a text, or nothing.
        scheme: a name or a factor.

    Raises:
        OptionError: always when it is wrong.
    """

    count: int = setting(3, least=1, most=9, group="A")
    share: float = setting(0.5, above=0.0, below=1.0, group="A", flag="part", alias="portion")
    name: str = setting("one", choices=("one", "two"), group="B")
    names: str | tuple[str, ...] = setting("one", choices=("one", "two"), group="B")
    many: tuple[int, ...] = setting((), least=1, group="B")
    flag: bool = setting(False, group="B")
    free: str | None = setting(None, shown="nothing", group="B")
    scheme: str | float = setting("one", choices=("one",))

    def __post_init__(self) -> None:
        check(self)


def test_values_are_kept_in_their_own_type() -> None:
    sample = Sample(count=4, share=1e-3, names=["one", "two"], many=[1, 2], scheme=3)  # type: ignore[arg-type]
    assert (sample.count, sample.names, sample.many) == (4, ("one", "two"), (1, 2))
    assert (type(sample.scheme), sample.scheme) == (float, 3.0)
    assert Sample() == Sample(3, 0.5, "one", "one", (), False, None, "one")


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"count": 0}, "count is 0; expected an integer from 1 to 9"),
        ({"count": 10}, "count is 10; expected an integer from 1 to 9"),
        ({"count": 2.0}, "count is 2.0; expected an integer from 1 to 9"),
        ({"count": True}, "count is True; expected an integer from 1 to 9"),
        ({"count": None}, "count is None; expected an integer from 1 to 9"),
        ({"share": 1}, "share is 1; expected a number above 0 and below 1"),
        ({"share": float("nan")}, "share is nan; expected a number above 0 and below 1"),
        ({"share": "x"}, "share is 'x'; expected a number above 0 and below 1"),
        ({"name": "three"}, "name is 'three'; expected one of one, two"),
        ({"name": ["one"]}, "name is ['one']; expected one of one, two"),
        ({"names": ("one", "x")}, "names is 'x'; expected one of one, two, or a list of names"),
        ({"names": 1}, "names is 1; expected one of one, two, or a list of names"),
        ({"many": 3}, "many is 3; expected a list of integers of at least 1"),
        ({"many": [3, 0]}, "many is [3, 0]; expected a list of integers of at least 1"),
        ({"flag": 1}, "flag is 1; expected True or False"),
        ({"free": 1}, "free is 1; expected a name"),
        ({"scheme": "x" * 200}, f"scheme is '{'x' * 76}...; expected one of one or a number"),
    ],
)
def test_mistakes_name_the_option_and_what_was_expected(given: dict[str, Any], line: str) -> None:
    with pytest.raises(OptionError, match=f"^{re.escape(line)}"):
        Sample(**given)


def test_help_is_the_line_of_the_docstring() -> None:
    options = declared_by(Sample)
    assert options["count"].help == "how many of them, over two lines."
    assert options["scheme"].help == "a name or a factor."


def test_names_on_the_command_line() -> None:
    options = named(Sample)
    assert list(options) == ["count", "part", "name", "names", "many", "flag", "free"]
    assert (options["part"].flag, options["part"].field) == ("--part", "share")


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("count", "7", 7),
        ("part", "0.25", 0.25),
        ("names", "one", "one"),
        ("names", "one,two", ("one", "two")),
        ("many", "1,2", (1, 2)),
        ("free", "a,b", "a,b"),
    ],
)
def test_typed_text_becomes_a_value(name: str, text: str, value: object) -> None:
    option = named(Sample)[name]
    assert option.checked(option.parsed(text)) == value


def test_typed_text_of_two_kinds() -> None:
    option = declared_by(Sample)["scheme"]
    assert (option.parsed("one"), option.parsed("0.5")) == ("one", 0.5)


def test_text_that_spells_no_value() -> None:
    with pytest.raises(OptionError, match=r"^--count is 'x'; expected an integer from 1 to 9$"):
        named(Sample)["count"].parsed("x")


optimizers = st.builds(
    Optimizer,
    st.sampled_from(list(OPTIMIZERS)),
    beta1=st.floats(0, 0.99),
    weight_decay=st.floats(0, 9),
)
schedules = st.one_of(
    st.sampled_from(list(SCHEDULES)).map(Schedule),
    st.builds(Schedule, st.just("step"), every=st.integers(1, 99), factor=st.floats(0.01, 1)),
    st.builds(Schedule, st.just("cosine"), warmup_epochs=st.floats(0, 9)),
)


@given(optimizers | schedules)
def test_a_description_leads_back_to_the_value(value: Any) -> None:
    description = description_of(value)
    assert type(value).named(description) == value
    if isinstance(description, dict):
        numbers = ",".join(f"{name}={number!r}" for name, number in list(description.items())[1:])
        assert type(value).named(f"{value.name}:{numbers}") == value
    else:
        assert described_by(type(value), description, "value", "") == {"name": value.name}


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ("step:every", "schedule is 'step:every'; expected a name and its numbers, such as"),
        ("step:often=3", "schedule is 'step:often=3'; expected a name and its numbers"),
        ("step:every=soon", "every is 'soon'; expected a number"),
        ({"every": 3}, "schedule is {'every': 3}; expected a name, and some of name, factor"),
        (
            {"name": "step", "often": 3},
            "schedule is {'name': 'step', 'often': 3}; expected a name, and some of",
        ),
        (3, "schedule is 3; expected a name or a Schedule"),
    ],
)
def test_descriptions_that_are_none(wrong: Any, line: str) -> None:
    with pytest.raises(OptionError, match=f"^{re.escape(line)}"):
        Schedule.named(wrong)


@pytest.mark.parametrize("owner", [DataOptions, *OWNERS])
def test_every_field_is_declared_and_described(owner: type) -> None:
    options = declared_by(owner)
    assert set(options) == {item.name for item in fields(owner)} - {"layer_dims"}
    for option in options.values():
        assert option.help.endswith("."), option.field
        assert option.expected, option.field


def test_no_two_options_share_a_name() -> None:
    owners = (DataOptions, *OWNERS)
    names = [name for owner in owners for name in named(owner)]
    aliases = [o.setting.alias for owner in owners for o in named(owner).values() if o.setting.alias]
    assert len({*names, *aliases}) == len(names) + len(aliases)


def test_defaults_pass_their_own_check() -> None:
    for owner in (DataOptions, ModelOptions, TrainingOptions, Optimizer, Schedule):
        owner()
    Network((2, 1))


# Words for more than the option: the history and the tables of trials hold epochs, rates and engines, the
# defaults choose them, and functions of the course have them as arguments. They may not spread further.
MORE_THAN_OPTIONS = {
    "epochs": 21,
    "learning_rate": 16,
    "optimizer": 16,
    "schedule": 13,
}


def names_of_options(tree: ast.AST) -> Iterator[str]:
    """What a file reads from an object of options, gives to one, or spells as a text."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and re.search(r"options$", ast.unparse(node.value)):
            yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.ClassDef) and node.name.endswith("Options"):
            yield from (ast.unparse(item.target) for item in node.body if isinstance(item, ast.AnnAssign))
        elif isinstance(node, ast.Call) and re.search(
            r"(TrainingOptions|StepOptions|replace|train|trace|fit_model)$",
            ast.unparse(node.func),
        ):
            yield from (keyword.arg for keyword in node.keywords if keyword.arg)


def files_naming(names: set[str]) -> dict[str, list[str]]:
    """The source files that name each option; the examiner speaks of those of the learners' functions."""
    found: dict[str, list[str]] = {name: [] for name in names}
    for path in sorted(SOURCE.rglob("*.py")):
        if path.is_relative_to(SOURCE / "check"):
            continue
        named_here = set(names_of_options(ast.parse(path.read_text("utf-8"))))
        for name in names & named_here:
            found[name].append(str(path.relative_to(SOURCE)))
    return found


def test_an_option_of_training_is_named_in_few_files() -> None:
    found = files_naming(set(declared_by(TrainingOptions)))
    assert "training/options.py" in found["clip_norm"]
    assert "engines/native.py" in found["clip_norm"]
    assert "training/defaults.py" in found["learning_rate"]
    for name, files in found.items():
        assert len(files) <= MORE_THAN_OPTIONS.get(name, 10), f"{name} is named in {', '.join(files)}"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (
            Network((64, 32, 10), output_activation="softmax"),
            "Network((64, 32, 10), output_activation='softmax')",
        ),
        (Network((2, 3, 1), ("tanh",), dropout=(0.1,)), None),
        (Network((2, 3, 1), output_activation="identity", cost="huber", huber_delta=2.0), None),
        (Optimizer(), "Optimizer('gradient_descent')"),
        (Optimizer.named("adamw:weight_decay=0.1"), "Optimizer('adamw', weight_decay=0.1)"),
        (Schedule("step", every=7), "Schedule('step', every=7)"),
        (TrainingOptions(), "TrainingOptions()"),
        (TrainingOptions(rng=1, optimizer="adam"), "TrainingOptions(rng=1, optimizer=Optimizer('adam'))"),
        *((Optimizer.named(name), None) for name in OPTIMIZERS),
        *((Schedule.named(name).warmed_up(2), None) for name in SCHEDULES),
    ],
)
def test_a_repr_is_the_shortest_call(value: Any, text: str | None) -> None:
    said = repr(value)
    assert text is None or said == text
    names = {owner.__name__: owner for owner in (Network, Optimizer, Schedule, TrainingOptions)}
    assert eval(said, names) == value
