"""
An app with nothing in it: what any Azure Function in Python pays before its first answer.

In:  a request.
Out: 202.
"""

import azure.functions as func

app = func.FunctionApp()


@app.route(route="alerts", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
def alerts(req: func.HttpRequest) -> func.HttpResponse:
    """Accept whatever comes."""
    return func.HttpResponse('{"accepted": []}', status_code=202, mimetype="application/json")
