"""docs/numerics.md in Python integers; see ../README.md."""
