"""The labelled examples that a command looks at a model with, prepared as those of its training were."""

from dataclasses import dataclass, replace

import numpy as np

from pellucid.cli.console import note, note_skipped, reading
from pellucid.data.dataset import Dataset, one_hot
from pellucid.data.load import load_part
from pellucid.data.load_table import load_labelled_table
from pellucid.data.recipe import Recipe
from pellucid.data.table_recipe import TableRecipe
from pellucid.data.table_target import Target
from pellucid.errors import OptionError
from pellucid.examples import Examples
from pellucid.files.reading import shown
from pellucid.model import Model


@dataclass(frozen=True, eq=False)
class Labelled:
    """A model and the examples it is looked at with.

    Attributes:
        model: as it was loaded.
        examples: X through its recipe, Y as its network has it, (n_y, m).
    """

    model: Model
    examples: Examples

    def only(self, example: int) -> "Labelled":
        """One of the examples, counted from 0.

        Raises:
            OptionError: there are fewer.
        """
        m = self.examples.m
        if not 0 <= example < m:
            raise OptionError(f"--example is {example} and there are {m} examples; expected 0 to {m - 1}")
        return replace(self, examples=self.examples.take(np.array([example])))

    def first(self, most: int) -> "Labelled":
        """At most so many of the examples.

        Raises:
            OptionError: `most` is below 1.
        """
        if most < 1:
            raise OptionError(f"--examples is {most}; expected a whole number of at least 1")
        return replace(self, examples=self.examples.take(np.arange(min(most, self.examples.m))))

    def as_trained(self) -> "Labelled":
        """The same with the numbers of a table scaled, as they are while such a model is trained.

        The scale is that of these examples; the model keeps none.
        """
        network, Y = self.model.network, self.examples.Y
        assert Y is not None  # what was read is labelled
        if not isinstance(self.model.recipe, TableRecipe) or network.output_activation != "identity":
            return self
        mean, deviation = float(Y.mean()), float(Y.std())
        if not deviation > 0:
            return self
        # Folding a scale into the last layer undoes the one that was folded in.
        inverse = Target("", mean=-mean / deviation, deviation=1 / deviation)
        parameters = inverse.folded(dict(self.model.parameters))
        scaled = Target("", mean=mean, deviation=deviation).scaled(Y)
        model = replace(self.model, parameters=parameters)
        return Labelled(model, replace(self.examples, Y=scaled))


def read_labelled(path: str, data: str, part: str, *, strict: bool, quiet: bool) -> Labelled:
    """A model, and labelled data through its recipe.

    Args:
        path: of the model file.
        data: labelled data, as for `pellucid evaluate`.
        part: "train" or "test".
        strict: stop at an unreadable picture.
        quiet: no progress.

    Raises:
        ModelFileError, DataError, OptionError: what cannot be read, or does not belong to the model.
    """
    model = Model.load(path)
    instead = "pellucid.trace takes any X and Y"
    dataset, _ = read_dataset(path, data, model, part, strict=strict, quiet=quiet, instead=instead)
    if isinstance(model.recipe, TableRecipe):
        for line in dataset.skipped:
            note(line)
    Y = dataset.Y
    assert Y is not None  # what was read is labelled
    if Y.shape[0] != model.network.n_y:
        # Two classes are one row of labels, which a network of two softmax units has in two.
        Y = one_hot(dataset.labels, model.network.n_y, model.dtype)
    return Labelled(model, Examples(dataset.X, Y, finite=True))


def read_dataset(
    path: str, data: str, model: Model, part: str, *, strict: bool, quiet: bool, instead: str
) -> tuple[Dataset, list[str]]:
    """Labelled data through the recipe of a model, and what is to be remarked of them.

    Args:
        path: of the model file.
        data: an array file, a folder of pictures, a built-in name; for a model of tables a table.
        model: as it was loaded.
        part: "train" or "test".
        strict: stop at an unreadable picture.
        quiet: no progress.
        instead: what Python offers where the command line cannot.

    Raises:
        DataError, OptionError: what cannot be read, or does not belong to the model.
    """
    if part not in ("test", "train"):
        raise OptionError(f"unknown part {part!r}; expected test or train")
    if isinstance(model.recipe, TableRecipe):
        _, dataset = load_labelled_table(data, model.recipe, model.classes, dtype=model.dtype)
        return dataset, list(dataset.skipped)
    assert isinstance(model.recipe, Recipe)
    if model.predicts_numbers:
        raise OptionError(
            f"{shown(path)} predicts numbers, and labels in files are classes; expected a model of "
            f"classes, or of tables: from Python, {instead}"
        )
    with reading(quiet) as progress:
        dataset, found = load_part(
            data,
            model.recipe,
            model.classes,
            part=part,
            dtype=model.dtype,
            strict=strict,
            progress=progress,
        )
    note_skipped(dataset.skipped)
    if found == part:
        return dataset, []
    return dataset, [
        f"{shown(data)} has no test part: these {dataset.m} examples may include those the model was "
        "trained on"
    ]
