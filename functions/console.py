"""
The operator's web page.

In:  nothing.
Out: one self-contained page.

The only door without a key: the page holds no data. Everything it shows it asks of the other
doors, with the key the operator gives it; a browser could not send that key with the first request
except in the address, where histories and proxies keep it.
"""

from pathlib import Path

import azure.functions as func

bp = func.Blueprint()

_PAGE = Path(__file__).with_name("console.html")
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
        "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


@bp.route(route="console", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def console(req: func.HttpRequest) -> func.HttpResponse:
    """The page."""
    return func.HttpResponse(_PAGE.read_bytes(), mimetype="text/html", headers=_HEADERS)
