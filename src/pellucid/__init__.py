"""Deep networks you can see through."""
