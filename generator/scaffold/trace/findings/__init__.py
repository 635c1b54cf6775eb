"""Verdicts on a request: what is wrong, what a user of the service would see of it, and how to mend it."""

from scaffold.trace.findings import cleanup, connections, transactions
from scaffold.trace.findings.finding import Finding, once
from scaffold.trace.findings.lifespan import judge_lifespan
from scaffold.trace.record import Trace

__all__ = ["Finding", "judge", "judge_lifespan", "once"]


def judge(trace: Trace) -> list[Finding]:
    """Return the findings and notes of a request, each once."""
    return once([*transactions.judge(trace), *cleanup.judge(trace), *connections.judge(trace)])
