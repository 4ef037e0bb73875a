"""
The way in for time: once a minute.

In:  nothing.
Out: unfinished incidents taken up again, due verifications made, drift noticed.
"""

import azure.functions as func

from functions import duty

bp = func.Blueprint()


@bp.timer_trigger(arg_name="timer", schedule="0 * * * * *", run_on_startup=False, use_monitor=True)
def sweep(timer: func.TimerRequest) -> None:
    """Look after what no message will remind us of."""
    from shared import pipeline

    pipeline.sweep(medic=duty.medic())
