"""
The messages between host and worker, by their names in Microsoft's FunctionRpc.proto.

In:  the fields of a message.
Out: an object that reads like a protobuf message: one member of a choice, empty text where nothing
     was set. It refuses what could not cross the wire: unknown members, wrong types.
"""

from types import SimpleNamespace
from typing import Any, ClassVar

_DIRECTIONS = {"in": 0, "out": 1, "inout": 2}


class Message:
    """One message. `CHOICES` names the fields of which one is set, `TYPES` what fields hold."""

    CHOICES: tuple[str, ...] = ()
    TYPES: ClassVar[dict[str, type]] = {}

    def __init__(self, **fields: Any) -> None:
        given = {name: value for name, value in fields.items() if value is not None}
        for name, value in given.items():
            wanted = self.TYPES.get(name)
            if self.TYPES and wanted is None:
                raise ValueError(f"{type(self).__name__} has no field {name!r}")
            if wanted and not isinstance(value, wanted):
                raise TypeError(f"{type(self).__name__}.{name} is a {type(value).__name__}")
        if len(given.keys() & set(self.CHOICES)) > 1:
            raise ValueError(f"{type(self).__name__} holds one of {self.CHOICES}")
        self.__dict__.update(given)

    def WhichOneof(self, group: str) -> str | None:
        return next((name for name in self.CHOICES if name in self.__dict__), None)

    def __getattr__(self, name: str) -> Any:
        wanted = self.TYPES.get(name)
        if name.startswith("_") or (self.TYPES and wanted is None):
            raise AttributeError(name)
        return wanted() if isinstance(wanted, type) else None


class Texts(Message):
    TYPES: ClassVar[dict[str, type]] = {"string": list}


class TypedData(Message):
    TYPES: ClassVar[dict[str, type]] = {
        "string": str,
        "json": str,
        "bytes": bytes,
        "int": int,
        "double": float,
        "http": Message,
        "collection_string": Message,
    }
    CHOICES = tuple(TYPES)


class RpcHttp(Message):
    TYPES: ClassVar[dict[str, type]] = {
        "method": str,
        "url": str,
        "status_code": str,
        "headers": dict,
        "params": dict,
        "query": dict,
        "body": TypedData,
        "cookies": list,
        "enable_content_negotiation": bool,
    }


class ParameterBinding(Message):
    TYPES: ClassVar[dict[str, type]] = {"name": str, "data": TypedData}
    CHOICES = ("data",)


class BindingInfo(Message):
    """`in` is a word of Python's; the library asks for it by getattr."""


class StatusResult(Message):
    Failure, Success, Cancelled = 0, 1, 2


for _name, _number in _DIRECTIONS.items():
    setattr(BindingInfo, _name, _number)
BindingInfo.undefined = 0  # type: ignore[attr-defined]

_PLAIN = (
    "WorkerInitResponse",
    "WorkerMetadata",
    "FunctionMetadataResponse",
    "FunctionLoadResponse",
    "InvocationResponse",
    "RpcFunctionMetadata",
    "RpcException",
)
protos = SimpleNamespace(
    TypedData=TypedData,
    RpcHttp=RpcHttp,
    ParameterBinding=ParameterBinding,
    BindingInfo=BindingInfo,
    StatusResult=StatusResult,
    **{name: type(name, (Message,), {}) for name in _PLAIN},
)
