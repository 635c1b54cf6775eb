"""The key moments, answered from what happened in this request and from nothing else."""

from scaffold.trace.record import Event, Trace
from scaffold.trace.steps import short


def moments_of(trace: Trace) -> dict[str, str]:
    """Return the answer to each question."""
    return {
        "Why yield and not return?": _why_yield(trace),
        "Did the cleanup run before or after the response?": _before_or_after(trace),
        "What when the endpoint raised?": _when_raised(trace),
    }


def _name(trace: Trace, event: Event) -> str:
    return trace.dependencies[event.dependency or 0].name


def _why_yield(trace: Trace) -> str:
    leaving = trace.first("leaving")
    if leaving is None:
        return "No dependency with yield was left in this request."
    yielded = next(event for event in trace.all("yielded") if event.dependency == leaving.dependency)
    ms = (leaving.at - yielded.at) / 1e6
    name = _name(trace, leaving)
    closes = [event for event in trace.all("close") if event.resource == leaving.dependency and event.leaving]
    then = f"closed {yielded.name}" if closes and yielded.name else "ran its cleanup"
    return f"{name} went on {ms:.1f} ms after its yield and {then}; a return would have ended it there."


def _before_or_after(trace: Trace) -> str:
    sent = trace.answered
    leaving = trace.all("leaving")
    if sent is None or not leaving:
        return "There was no cleanup, or no response."
    before = [_name(trace, event) for event in leaving if event.at < sent.at]
    after = [_name(trace, event) for event in leaving if event.at > sent.at]
    if trace.is_cut_off:
        return f"The response was cut off; after its begin: {', '.join(after) or 'nothing'}."
    parts = [f"{when} it: {', '.join(names)}" for when, names in (("Before", before), ("After", after)) if names]
    return "; ".join(parts).replace("; After", "; after") + "."


def _when_raised(trace: Trace) -> str:
    raised = trace.first("raised")
    other = next((event for event in trace.all("leaving") if event.error), None)
    if raised is None and other is not None:
        return f"It didn't raise, but {short(other.error)} came to the yield of {_name(trace, other)}."
    if raised is None:
        return "It didn't raise: --raise lets it."
    endpoint = trace.first("endpoint")
    name = endpoint.name if endpoint else "The endpoint"
    saw = [event for event in trace.all("leaving") if event.error and event.at > raised.at]
    if not saw:
        return f"{name} raised {short(raised.error)}; no dependency with yield saw it."
    names = ", ".join(_name(trace, event) for event in saw)
    decided = trace.decided
    early = decided is None or all(event.at < decided.at for event in saw)
    when = "before" if early else "after"
    what = f"{name} raised {short(raised.error)}"
    return f"{what}: {names} saw it at the yield, {when} the answer ({trace.status}) was decided."
