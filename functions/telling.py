"""
The way in for time, once more: every minute, what people are to be told.

In:  nothing.
Out: messages in the channels of MEDIC_NOTIFY, half a minute after the sweep so that what it saw
     heal is among them.

A function of its own, because a channel that hangs must delay nothing but other channels.
"""

import azure.functions as func

from functions import duty

bp = func.Blueprint()


@bp.timer_trigger(arg_name="timer", schedule="30 * * * * *", run_on_startup=False, use_monitor=True)
def tell(timer: func.TimerRequest) -> None:
    """Tell people what they have not been told yet."""
    from shared.pipeline.telling import tell as tell_them

    tell_them(medic=duty.at_work())
