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
    """Look after what no message will remind us of; what waits together, and what a patrol finds,
    goes to the queue."""
    from shared import pipeline

    medic, found = duty.at_work(), list[Signal]()
    try:
        pipeline.sweep(medic=medic, hand_on=found.append)
    finally:  # one incident that cannot be looked after keeps nobody from being found
        pipeline.patrol(medic=medic, hand_on=found.append)
        reception.receive(found, queue, medic=medic)
