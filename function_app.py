"""Pull Medic as an Azure Function app: registers the doors, nothing else."""

import azure.functions as func

from functions import (
    alerts,
    asking,
    burying,
    console,
    events,
    healing,
    incidents,
    status,
    sweeping,
    telling,
)

app = func.FunctionApp()

for door in (
    alerts,
    events,
    healing,
    burying,
    sweeping,
    telling,
    asking,
    incidents,
    status,
    console,
):
    app.register_functions(door.bp)
