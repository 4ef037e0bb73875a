"""
The demo: `python -m tests.demo` breaks small estates and watches them heal, through the real doors.

    worlds.py    the estates to break             scenes.py   what is broken, and how it must end
    stage.py     the processes, and talking to    playing.py  one scene, from the failing pull to
                 them over HTTP                               the proof, every claim checked
    telling.py   the words on the screen
"""
