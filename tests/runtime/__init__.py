"""
The app in Microsoft's own Python worker library (`azure-functions-runtime`, Python 3.13).

    messages.py   what the host and the worker send each other, as refusing as the real messages
    worker.py     the library, started once; one call of one function
"""
