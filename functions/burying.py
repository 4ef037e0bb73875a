"""
The way in from the poison queue: what could not be used.

In:  a letter one of the doors wrote, or a message the host moved there after too many deliveries.
Out: the letter in the store, for `/api/health`; and the signal once more, where it deserves that.

Nothing comes after a poison queue: what fails here (the store, say) is raised and stays in the
queue, hidden for ten minutes each time ("Azure Queue storage trigger", poison messages).
"""

import azure.functions as func

from functions import duty, reception
from shared import signals

bp = func.Blueprint()


@bp.queue_trigger(arg_name="message", queue_name=duty.POISON, connection=duty.STORAGE)
@bp.queue_output(arg_name="queue", queue_name=duty.QUEUE, connection=duty.STORAGE)
def bury(message: func.QueueMessage, queue: reception.Queue) -> None:
    """Keep what one message of the poison queue says."""
    from shared import pipeline

    medic = duty.medic()
    moved = message.insertion_time or medic.now()
    again = pipeline.bury(message.get_body(), id=message.id or "", at=moved, medic=medic)
    if again is not None:
        queue.set([signals.dump(again)])
