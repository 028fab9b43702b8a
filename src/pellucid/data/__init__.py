"""Reading the world into a `Dataset`, and the `Recipe` that travels with a model."""
