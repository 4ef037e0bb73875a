"""
The operator's web page.

In:  nothing.
Out: one self-contained page.

The only door without a key: the page holds no data. Everything it shows it asks of the other
doors, with the key the operator gives it; a browser could not send that key with the first request
except in the address, where histories and proxies keep it.
"""

import base64
import functools
import hashlib
import re
from pathlib import Path

import azure.functions as func

bp = func.Blueprint()

_FILE = Path(__file__).with_name("console.html")


@bp.route(route="console", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def console(req: func.HttpRequest) -> func.HttpResponse:
    """The page."""
    page, rules = _page()
    headers = {
        "Content-Security-Policy": rules,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }
    return func.HttpResponse(page, mimetype="text/html", headers=headers)


@functools.cache
def _page() -> tuple[bytes, str]:
    """The page, and a content security policy that lets run only what is written in it."""
    text = _FILE.read_text(encoding="utf-8")
    rules = (
        f"default-src 'none'; script-src {_hash(text, 'script')}; "
        f"style-src {_hash(text, 'style')}; connect-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )
    return text.encode(), rules


def _hash(text: str, element: str) -> str:
    (content,) = re.findall(rf"<{element}>(.*?)</{element}>", text, re.DOTALL)
    digest = hashlib.sha256(content.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
