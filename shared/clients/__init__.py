"""
The wire: every request this product sends, and the only place that knows the SDKs' errors.

    cloud.py       which Azure: endpoints, audiences, registry suffix
    connection.py  one per process: sign-in, sockets, clock; hands out an Azure per incident
    azure.py       one per incident: the SDK clients, counted and guarded
    guard.py       lets reads through and only announced writes
    governor.py    the pauses Azure asks for, kept by all threads and processes
    places.py      what Azure counts requests by
    translate.py   SDK exceptions become shared.errors
    arm.py         plain resource manager calls where no SDK client is worth its import
    logs.py        Log Analytics

SDKs are imported where a call needs them: an alert must not wait for a client it does not use.
"""
