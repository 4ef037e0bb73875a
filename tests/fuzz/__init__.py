"""
Whatever comes in by any door: an answer in words, no 500, no hang, nothing written to Azure.

    mutations.py  valid payloads with something else in some of their places, and bytes with holes
    doors.py      the app's own functions, called as the worker calls them, before a blocked estate
    test_*.py     one file per kind of door

`FUZZ=50` runs fifty times as many inputs; `make nightly` does.
"""
