"""
Bicep, read without Azure and without its compiler: what `make check` knows about `infra/`.

    syntax.py        a file's declarations, by tree-sitter's grammar for Bicep
    expressions.py   what an expression is worth
    functions.py     the built-in functions that infra/ uses
    deploying.py     a file with parameters: the resources it would make
    types.py         those resources against Azure's own types (types.json)
    checking.py      everything that is wrong with the files of a folder

What only Azure knows stays a `Later`: a text that says where it would come from.
"""
