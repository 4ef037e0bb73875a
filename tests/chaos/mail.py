"""
The queue between the doors and the workers, as host.json says it is.

In:  signals, told once or several times.
Out: jobs that deliver them; a message that fails comes again half a minute later, and after the
     fifth time it is in the poison queue.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shared.errors import HealError
from shared.model.ids import ResourceId
from shared.model.signal import Signal, SignalKind
from shared.pipeline import take
from tests.chaos.turns import Job

if TYPE_CHECKING:
    from tests.chaos.stage import Stage

#: host.json: `visibilityTimeout` and `maxDequeueCount`.
REDELIVERY, MOST = 30, 5


@dataclass(eq=False)
class Message:
    """One delivery, until it is done or poisoned."""

    signal: Signal
    visible: int  # seconds since the start
    failed: int = 0
    causeless: list[str] = field(default_factory=list)  # failures without any trouble


@dataclass
class Mail:
    """All the messages of one run."""

    stage: "Stage"
    complaints: list[str]
    queue: list[Message] = field(default_factory=list)
    poisoned: int = 0

    def post(self, workload: ResourceId, id: str, kind: str, *, minute: int, text: str) -> None:
        """One delivery; two with one id are one signal, told twice."""
        signal = Signal(
            id=id,
            kind=SignalKind(kind),
            source="log-alert",
            resource=workload,
            at=self.stage.simulator.world.clock.now(),
            text=text,
        )
        self.queue.append(Message(signal, minute * 60))

    def due(self, second: int) -> list[Message]:
        return [message for message in self.queue if message.visible <= second]

    def delivery(self, message: Message, machine: int) -> Job:
        """A worker takes the message."""
        medic = self.stage.machines[machine]

        def deliver() -> None:
            troubled = self.stage.troubled
            try:
                led_to = take(message.signal, medic=medic)
            except HealError as error:
                self._again(message, error, causeless=self.stage.troubled == troubled)
                raise
            self.queue.remove(message)
            self.queue += [Message(signal, message.visible) for signal in led_to]

        return Job(f"delivery of {message.signal.id}", machine, deliver)

    def _again(self, message: Message, error: HealError, *, causeless: bool) -> None:
        message.failed += 1
        message.visible += REDELIVERY
        if causeless:
            message.causeless.append(str(error))
        if message.failed >= MOST:
            self.queue.remove(message)
            self.poisoned += 1
            if message.causeless:
                self.complaints.append(f"a message was poisoned by nothing: {message.causeless}")
