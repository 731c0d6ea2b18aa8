"""Times, as requests write them: RFC 3339 in whole seconds, with or without a fraction of zeros."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from ._shapes import LAST_INSTANT

_SHAPE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.0+)?(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=1024)
def seconds(text: str) -> int | str:
    """The seconds since 1970-01-01T00:00:00Z that `text` names, or what is wrong with it."""
    found = _SHAPE.fullmatch(text)
    if found is None:
        return "expected the shape `2026-11-23T12:00:00Z` or `2026-11-23T12:00:00+01:00`, in whole seconds"
    year, month, day, hour, minute, second = (int(group) for group in found.groups()[:6])
    hours, minutes = int(found[8] or 0), int(found[9] or 0)
    if hours > 23 or minutes > 59:
        return "the offset is at most 23:59"
    outside = "it lies outside 1970-01-01T00:00:00Z to 9999-12-31T23:59:59Z"
    if year == 0:
        # Python's calendar begins with the year 1.
        year, was_zero = 4, True
    else:
        was_zero = False
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return "there is no such date or time of day"
    if was_zero:
        return outside
    since = moment - _EPOCH
    ahead = (hours * 3600 + minutes * 60) * (-1 if found[7] == "-" else 1)
    instant = since.days * 86_400 + since.seconds - ahead
    return instant if 0 <= instant <= LAST_INSTANT else outside


def written(instant: int) -> str:
    """The time as text, in UTC."""
    return (_EPOCH + timedelta(seconds=instant)).strftime("%Y-%m-%dT%H:%M:%SZ")
