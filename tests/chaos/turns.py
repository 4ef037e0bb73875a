"""
Taking turns: several workers at once, one after the other, in an order that a seed decides.

In:  jobs, each what one machine does; a source of chance.
Out: what each returned or raised. Between two requests of one job any number of the others' may
     come, and the same seed brings the same order.

Each job is a thread, but only the one whose turn it is runs; it gives way where it calls `pause`.
At most one job for each machine: two threads of one process may wait for the same lock, and the one
that holds it would never get its turn.
"""

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(eq=False)
class Job:
    """One thing a machine does, and how it went."""

    name: str
    machine: int
    do: Callable[[], Any]
    dry: bool = False  # it must not write
    number: int = 0
    answer: Any = None
    error: BaseException | None = None
    over: bool = False
    _turn: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def run(self) -> None:
        try:
            self.answer = self.do()
        except BaseException as error:
            self.error = error
        self.over = True


class Turns:
    """Who may go on. `current` is the job whose turn it is."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._back = threading.Semaphore(0)
        self._waiting: list[Job] = []
        self._count = 0
        self.current: Job | None = None

    def take(self, jobs: Sequence[Job]) -> None:
        """Let all of them come to their end."""
        assert len({job.machine for job in jobs}) == len(jobs)
        for job in jobs:
            self._count += 1
            job.number = self._count
        if len(jobs) == 1:
            self.current = jobs[0]
            jobs[0].run()
        else:
            self._alternate(jobs)
        self.current = None

    def pause(self) -> None:
        """Give way, if others wait and chance says so."""
        job = self.current
        if job is None or not self._waiting or self._chance.random() < 0.5:
            return
        self._back.release()
        job._turn.acquire()

    def _alternate(self, jobs: Sequence[Job]) -> None:
        threads = [threading.Thread(target=self._wait_and_run, args=(job,)) for job in jobs]
        for thread in threads:
            thread.start()
        left = list(jobs)
        while left:
            self.current = self._chance.choice(left)
            self._waiting = [job for job in left if job is not self.current]
            self.current._turn.release()
            self._back.acquire()
            left = [job for job in left if not job.over]
        for thread in threads:
            thread.join()

    def _wait_and_run(self, job: Job) -> None:
        job._turn.acquire()
        job.run()
        self._back.release()
