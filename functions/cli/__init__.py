"""
The command line: `medic`, for the operator's own terminal.

In:  arguments, and the same settings as the function app.
Out: words for a person, or JSON; an exit status: 0 done · 1 a fault was found (and is still there)
     · 2 bad arguments or bad input · 3 Azure refused or could not be reached.

    commands.py   the verbs                     treating.py   heal, approve, roll back
    paper.py      where words go, made safe     story.py      an incident as a person reads it
    sheets.py     lists and sentences           powers.py     policy and permissions
    selftest.py   a signal through a service that runs
    common.py     what the verbs share

Nothing but `click` is imported before a command needs it: `medic classify` loads neither an Azure
SDK nor a policy. Errors are one line on stderr; a traceback is shown only with --verbose.
"""

import logging
import os
import sys
import time
from collections.abc import Callable, Sequence

import click

from functions.cli import commands, selftest
from functions.cli.paper import Desk

commands.medic.add_command(selftest.selftest)

_DONE, _BAD, _AZURE, _INTERRUPTED = 0, 2, 3, 130


def main(
    arguments: Sequence[str] | None = None, *, pause: Callable[[float], object] = time.sleep
) -> int:
    """Run one command; its exit status. `pause` waits so many seconds."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    verbose = "--verbose" in given
    _quiet(verbose)
    desk = Desk(pause=pause)
    try:
        status = commands.medic.main(given, "medic", standalone_mode=False, obj=desk)
        sys.stdout.flush()
        return int(status or _DONE)
    except BrokenPipeError:  # whoever read our output has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _DONE
    except SystemExit:  # click's way to say the same
        return _DONE
    except (KeyboardInterrupt, click.Abort):
        return _told(desk, "interrupted", _INTERRUPTED)
    except Exception as error:
        if verbose:
            logging.getLogger("medic").exception("the command failed")
        return _told(desk, *_meaning(error))


def _meaning(error: Exception) -> tuple[str, int]:
    """What to say, and the exit status."""
    if isinstance(error, click.ClickException):
        return error.format_message(), _BAD
    if isinstance(error, OSError):
        return f"{error.filename or 'input or output'}: {error.strerror or error}", _BAD
    from shared import errors
    from shared.store.interface import StoreError

    asked_wrongly = (errors.BadInput, errors.OutOfScope, errors.NotFound, errors.Conflict)
    if isinstance(error, (*asked_wrongly, StoreError)):
        return str(error), _BAD
    if _nobody_signed_in(error):
        return "nobody is signed in to Azure; run `az login` first", _AZURE
    if isinstance(error, errors.HealError):
        return str(error), _AZURE
    return f"{type(error).__name__}: {error} (unexpected; --verbose shows where)", _AZURE


def _nobody_signed_in(error: Exception) -> bool:
    """Azure Identity tried every way in and found no account: its own words fill a screen."""
    said = str(error.__cause__ or "")
    return said.startswith("DefaultAzureCredential failed to retrieve a token")


def _told(desk: Desk, message: str, status: int) -> int:
    desk.error(message)
    return status


def _quiet(verbose: bool) -> None:
    """The rooms' log lines go nowhere unless they are asked for."""
    if verbose:
        form = "%(asctime)s %(name)s %(message)s"
        logging.basicConfig(level=logging.INFO, stream=sys.stderr, format=form)
        logging.getLogger("azure").setLevel(logging.WARNING)
    else:
        logging.basicConfig(handlers=[logging.NullHandler()])
