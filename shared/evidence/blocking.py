"""
Until when App Service leaves a blocked site alone, in its own words.

In:  the `details` of one instance in siteStatus.
Out: the moment it names (UTC), or None where it names none.

After several failed cold starts in a row the platform says "Site scheduled to be unblocked at …"
(App Service team blog on site status, June 2026, and reports of users), with a date in the American
order. Pure.
"""

import re
from datetime import UTC, datetime

_UNTIL = re.compile(r"unblocked at ([0-9][0-9/:TZ+ .-]{7,40}(?: ?[AP]M)?)", re.IGNORECASE)
_FORMS = ("%m/%d/%Y %H:%M:%S", "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M")


def unblocks(details: object) -> datetime | None:
    """The moment a message names; without an offset it is UTC."""
    found = _UNTIL.search(details) if isinstance(details, str) else None
    text = found[1].strip(" .") if found else ""
    for form in _FORMS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
