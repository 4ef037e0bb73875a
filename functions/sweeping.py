"""
The way in for time: once a minute.

In:  nothing.
Out: unfinished incidents taken up again, due verifications made, drift noticed; messages for what
     is to be treated together.
"""

import azure.functions as func

from functions import duty, reception
from shared.model.signal import Signal

bp = func.Blueprint()


@bp.timer_trigger(arg_name="timer", schedule="0 * * * * *", run_on_startup=False, use_monitor=True)
@bp.queue_output(arg_name="queue", queue_name=duty.QUEUE, connection=duty.STORAGE)
def sweep(timer: func.TimerRequest, queue: reception.Queue) -> None:
    """Look after what no message will remind us of; what waits together goes to the queue."""
    from shared import pipeline

    rounds: list[Signal] = []
    try:
        pipeline.sweep(medic=duty.at_work(), hand_on=rounds.append)
    finally:
        reception.receive(rounds, queue, medic=duty.medic())
