"""
The way in from the queue: one signal at a time.

In:  a message one of the doors wrote.
Out: the incident, healed as far as the gate allows; from a signal wider than one workload, one
     message for each workload it means.

What fails is raised: the queue delivers again, and after `maxDequeueCount` (host.json) keeps the
message in the poison queue. So the pipeline must be safe to repeat, and is. A message that is none
of ours goes there at once, with the reason: reading it again would not help.
"""

import azure.functions as func

from functions import duty, reception
from shared import signals
from shared.errors import BadInput

bp = func.Blueprint()


@bp.queue_trigger(arg_name="message", queue_name=duty.QUEUE, connection=duty.STORAGE)
@bp.queue_output(arg_name="queue", queue_name=duty.QUEUE, connection=duty.STORAGE)
@bp.queue_output(arg_name="poison", queue_name=duty.POISON, connection=duty.STORAGE)
def heal(message: func.QueueMessage, queue: reception.Queue, poison: reception.Queue) -> None:
    """Heal what one signal points at."""
    from shared import pipeline

    medic, body = duty.at_work(), message.get_body()
    try:
        signal = signals.load(body)
    except BadInput as error:
        reception.set_aside(body, error, "heal", poison, medic=medic)
        return
    next_ones = pipeline.take(signal, medic=medic)
    reception.receive(next_ones, queue, medic=medic)
