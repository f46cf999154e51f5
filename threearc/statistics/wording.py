"""Numbers for people: one way to write an interval and a share, in sentences and in tables."""


def interval(
    estimate: float | None, low: float | None, high: float | None, *, digits: int = 3, signed: bool = False
) -> str:
    """An estimate with its interval; "–" where there is no estimate."""

    def shown(number: float) -> str:
        # Adding 0 makes of a rounded −0 a plain 0.
        return f"{round(number, digits) + 0.0:{'+' if signed else ''}.{digits}f}"

    if estimate is None:
        return "–"
    if low is None or high is None:
        return f"{shown(estimate)} (no interval)"
    return f"{shown(estimate)} ({shown(low)} to {shown(high)})"


def percent(share: float | None) -> str:
    """A share; "–" where there is none."""
    return "–" if share is None else f"{100 * share:.1f} %"
