"""
Notices: what a person is told of an incident, in words for three in the morning.

In:  an Incident, several of one registry, or a tripped breaker; where the console is.
Out: a Notice: a title that says what is wrong and whose turn it is, and the text below it.

    single.py   one incident, state by state      digest.py   many at once, and breakers

Pure. Which changes are worth a notice, and sending one, is decided and done elsewhere.
"""

from shared.notices.digest import digest, tripped
from shared.notices.notice import Notice, Tone
from shared.notices.single import single

__all__ = ["Notice", "Tone", "digest", "single", "tripped"]
