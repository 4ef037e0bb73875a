"""
The matrix: cause × host, told as stories, run through every way in, and printed in the README.

    story.py   the noun, and how one is told       rows/    the stories, one file for each theme
    ways.py    alert, event, HTTP, CLI, sweep      table.py  the README's table
"""
