"""The cases of the golden vectors, a module a family of operations; see ../../golden/README.md."""
