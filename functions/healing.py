"""
The way in from the queue: one signal at a time.

In:  a message one of the doors wrote.
Out: the incident, healed as far as the gate allows.

What fails is raised: the queue delivers again, and after `maxDequeueCount` (host.json) keeps the
message in the poison queue. So the pipeline must be safe to repeat, and is.
"""

import azure.functions as func

from functions import duty
from shared import signals

bp = func.Blueprint()


@bp.queue_trigger(arg_name="message", queue_name=duty.QUEUE, connection=duty.STORAGE)
def heal(message: func.QueueMessage) -> None:
    """Heal what one signal points at."""
    from shared import pipeline

    pipeline.heal(signals.load(message.get_body()), medic=duty.medic())
