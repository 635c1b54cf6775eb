"""The steps of the lesson, as they were seen to happen."""

import pytest
from scaffold.trace.moments import moments_of
from scaffold.trace.record import Trace
from scaffold.trace.steps import steps_of

from tracing.conftest import Tracing


def rows(trace: Trace) -> list[tuple[str, str, str]]:
    """Return what happened, and the state before and after it."""
    return [(step.action, step.before, step.after) for step in steps_of(trace)]


def test_a_plain_dependency_takes_seven_steps(traced: Tracing) -> None:
    """Created, yielded, used, response sent, code after the yield, closed, complete."""
    assert rows(traced("transactions", "GET", "/plain")) == [
        ("request starts, get_plain() is called", "none", "created"),
        ("get_plain yields session", "created", "yielded"),
        ("endpoint uses session: .scalar()", "yielded", "in use"),
        ("response sent (200)", "in use", "in use"),
        ("code after yield of get_plain starts", "in use", "closing"),
        ("session.close() is awaited", "closing", "closed"),
        ("request complete", "closed", "none active"),
    ]


def test_a_late_commit_is_a_step_after_the_response(traced: Tracing) -> None:
    """One more than in the plain pattern."""
    actions = [action for action, _, _ in rows(traced("transactions", "POST", "/late"))]
    assert actions[3:7] == [
        "response sent (200)",
        "code after yield of get_late starts",
        "commit in get_late",
        "session.close() is awaited",
    ]


def test_a_commit_in_function_scope_is_a_step_before_the_response(traced: Tracing) -> None:
    """The same dependency, asked for in another way."""
    actions = [action for action, _, _ in rows(traced("transactions", "POST", "/in-time"))]
    assert actions.index("commit in get_late") < actions.index("response sent (200)")


def test_when_the_endpoint_raises_cleanup_comes_before_the_answer(traced: Tracing) -> None:
    """The error passes through the dependency on its way to becoming an answer."""
    trace = traced("transactions", "GET", "/plain", raises=True)
    actions = [action for action, _, _ in rows(trace)]
    assert trace.status == 500
    assert actions.index("session.close() is awaited") < actions.index("response sent (500)")
    moments = moments_of(trace)
    assert moments["Did the cleanup run before or after the response?"] == "Before it: get_plain."
    assert "get_plain saw it at the yield, before the answer (500)" in moments["What when the endpoint raised?"]


def test_the_moments_say_what_was_seen(traced: Tracing) -> None:
    """No book's answers."""
    moments = moments_of(traced("transactions", "GET", "/plain"))
    assert "closed session" in moments["Why yield and not return?"]
    assert moments["Did the cleanup run before or after the response?"] == "After it: get_plain."
    assert moments["What when the endpoint raised?"] == "It didn't raise: --raise lets it."


@pytest.mark.parametrize(
    ("path", "name", "variable"),
    [
        ("/plain", "get_tool", "tool"),
        ("/partial", "get_tool", "tool"),
        ("/callable", "Maker", "tool"),
        ("/method", "Maker.make", "tool"),
        ("/decorated", "get_decorated", "Tool"),
        ("/overridden", "get_other", "tool"),
        ("/inner/tool", "get_tool", "tool"),
    ],
)
def test_every_shape_of_a_dependency_is_seen(traced: Tracing, path: str, name: str, variable: str) -> None:
    """From its call to its close."""
    found = rows(traced("shapes:create_app", "GET", path))
    assert [action for action, _, _ in found] == [
        f"request starts, {name}() is called",
        f"{name} yields {variable}",
        f"endpoint uses {variable}: .work()",
        "response sent (200)",
        f"code after yield of {name} starts",
        f"{variable}.close() is awaited",
        "request complete",
    ]
    assert [after for _, _, after in found] == [
        "created",
        "yielded",
        "in use",
        "in use",
        "closing",
        "closed",
        "none active",
    ]


def test_a_dependency_before_a_whole_router_is_seen(traced: Tracing) -> None:
    """Nobody uses what it yields."""
    assert [after for _, _, after in rows(traced("shapes:create_app", "GET", "/routed/tool"))] == [
        "created",
        "yielded",
        "yielded",
        "yielded",
        "closing",
        "closed",
        "none active",
    ]


def test_what_is_lent_to_a_dependency_is_not_closed_by_it(traced: Tracing) -> None:
    """It was made by somebody else: a lifespan, middleware, or another dependency."""
    lent = [after for _, _, after in rows(traced("connections", "GET", "/lent"))]
    assert lent[-2:] == ["lent", "none active"]
    for application in ("middleware:pure", "middleware:base"):
        of_middleware = [after for _, _, after in rows(traced(application, "POST", "/lent"))]
        assert of_middleware[-2:] == ["lent", "none active"], application
    of_polar = [after for _, _, after in rows(traced("known.polar", "POST", "/endpoints"))]
    assert of_polar[-2:] == ["lent", "none active"]
    nested = steps_of(traced("shapes:create_app", "GET", "/nested"))
    assert [step.after for step in nested if step.resource == "get_nested"][-1] == "lent"
    assert [step.after for step in nested if step.resource == "get_tool"][-1] == "closed"


@pytest.mark.parametrize(
    ("path", "variable", "state", "at_the_end"),
    [
        ("/unclosed", "Tool", "open", "get_unclosed still open"),
        ("/first", "number", "ended", "none active"),
        ("/tool", "tool", "closed", "none active"),
    ],
)
def test_only_what_was_closed_is_called_closed(
    traced: Tracing, path: str, variable: str, state: str, at_the_end: str
) -> None:
    """What was left open is said to be; what has nothing to close has only ended."""
    found = rows(traced("cleanup", "GET", path))
    assert found[1][0].endswith(f"yields {variable}")
    assert found[-1][1:] == (state, at_the_end)


def test_a_socket_is_traced_like_a_request(traced: Tracing) -> None:
    """From its handshake to its end."""
    actions = [action for action, _, _ in rows(traced("shapes:create_app", "WEBSOCKET", "/socket"))]
    assert actions[2:6] == ["socket: accept", "endpoint uses tool: .work()", "socket: send", "socket: close"]
    assert actions[-2:] == ["tool.close() is awaited", "request complete"]


def test_a_stream_is_answered_before_its_endpoint_writes(traced: Tracing) -> None:
    """It begins when it is decided; with --raise it breaks off at its end, and cleanup follows."""
    actions = [action for action, _, _ in rows(traced("streams", "POST", "/late"))]
    assert actions[2:6] == [
        "response begins (200)",
        "endpoint uses session: .add()",
        "response sent (200)",
        "code after yield of get_late starts",
    ]
    trace = traced("streams", "GET", "/rows", raises=True)
    actions = [action for action, _, _ in rows(trace)]
    assert trace.status == 200
    assert "response sent (200)" not in actions
    assert actions.index("rows raises RaisedByTrace('raised by scaffold trace…") < actions.index(
        "session.close() is awaited"
    )


def test_a_request_without_dependencies_has_steps_too(traced: Tracing) -> None:
    """Nothing was opened."""
    assert rows(traced("shapes:create_app", "GET", "/nothing")) == [
        ("request starts", "none", "none"),
        ("create_app.nothing runs", "none", "none"),
        ("response sent (200)", "none", "none"),
        ("request complete", "none", "none active"),
    ]
