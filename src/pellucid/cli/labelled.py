"""The labelled examples that a command looks at a model with, prepared as those of its training were."""

from dataclasses import dataclass, replace

import numpy as np

from pellucid.cli.console import note, note_skipped, reading
from pellucid.data.dataset import Dataset
from pellucid.data.load import load_part
from pellucid.data.load_table import load_labelled_table
from pellucid.data.recipe import Recipe
from pellucid.data.table import Table
from pellucid.data.table_recipe import TableRecipe
from pellucid.data.target_scale import TargetScale
from pellucid.errors import OptionError
from pellucid.examples import Examples
from pellucid.files.reading import shown
from pellucid.model import Model


@dataclass(frozen=True, eq=False)
class Labelled:
    """A model, and labelled examples in columns as its network takes them."""

    model: Model
    examples: Examples

    def only(self, example: int) -> "Labelled":
        """One of the examples, counted from 0."""
        m = self.examples.m
        if not 0 <= example < m:
            raise OptionError(f"--example is {example} and there are {m} examples; expected 0 to {m - 1}")
        return replace(self, examples=self.examples.take(np.array([example])))

    def first(self, most: int) -> "Labelled":
        """At most so many of the examples."""
        if most < 1:
            raise OptionError(f"--examples is {most}; expected an integer of at least 1")
        return replace(self, examples=self.examples.take(np.arange(min(most, self.examples.m))))

    def as_trained(self) -> "Labelled":
        """The same with the targets of a regression scaled, as they are in training.

        The scale is that of these examples; the model keeps none. Classes are left as they are.
        """
        Y = self.examples.Y
        assert Y is not None  # the examples are labelled
        if self.model.network.output_activation != "identity":
            return self
        scale = TargetScale.of(Y, "the target")
        # Folding a scale into the last layer undoes the one that was folded in.
        model = replace(self.model, parameters=scale.inverse.folded(self.model.parameters))
        return Labelled(model, replace(self.examples, Y=scale.scaled(Y)))


def read_labelled(path: str, data: str, part: str, *, strict: bool, quiet: bool) -> Labelled:
    """A model file, and labelled data as `read_dataset` reads them.

    Raises:
        ModelFileError, DataError, OptionError: a file that cannot be read, or does not belong to the model.
    """
    model = Model.load(path)
    dataset, _, remarks = read_dataset(data, model, part, strict=strict, quiet=quiet)
    if isinstance(model.recipe, TableRecipe):
        for line in remarks:
            note(line)
    examples = Examples(dataset.X, model.targets_of(dataset), finite=True)
    return Labelled(model, examples if examples.is_dense else examples.dense(np.arange(examples.m)))


def read_dataset(
    data: str, model: Model, part: str, *, strict: bool, quiet: bool
) -> tuple[Dataset, Table | None, list[str]]:
    """Labelled data through the recipe of a model, the table they came from, and remarks on them.

    Args:
        data: an array file, a folder of pictures, a built-in name; for a model of tables a table.
        model: as it was loaded.
        part: "train" or "test".
        strict: stop at an unreadable picture.
        quiet: no progress.

    Raises:
        DataError, OptionError: data that cannot be read, or do not belong to the model.
    """
    if part not in ("test", "train"):
        raise OptionError(f"unknown part {part!r}; expected test or train")
    if isinstance(model.recipe, TableRecipe):
        table, dataset = load_labelled_table(
            data, model.recipe, model.classes, dtype=model.dtype, encoded=True
        )
        return dataset, table, [*table.notes, *model.recipe.unseen(table), *dataset.skipped]
    assert isinstance(model.recipe, Recipe)  # there are two kinds
    with reading(quiet) as progress:
        dataset, found = load_part(
            *(data, model.recipe, model.classes),
            part=part,
            dtype=model.dtype,
            strict=strict,
            progress=progress,
        )
    note_skipped(dataset.skipped)
    remark = f"these {dataset.m} examples may include those the model was trained on"
    return dataset, None, [] if found == part else [f"{shown(data)} has no test part: {remark}"]
