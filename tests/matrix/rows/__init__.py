"""
Every story of the matrix, in the order of the decision table.

In:  the modules beside this one, each with its STORIES.
Out: STORIES, all of them.
"""

import importlib
import pkgutil

from tests.matrix.story import Story

_THEMES = [
    importlib.import_module(f"{__name__}.{one.name}") for one in pkgutil.iter_modules(__path__)
]

STORIES: tuple[Story, ...] = tuple(
    sorted((story for theme in _THEMES for story in theme.STORIES), key=lambda story: story.row)
)
