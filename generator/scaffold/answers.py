"""From what was given on the command line to the answers that Copier takes."""

import re
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import cast

import yaml

from scaffold.errors import Refusal, one_line
from scaffold.kinds import Kind, Option, Value
from scaffold.questions import Question, Reserved

PROJECT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9 ._-]{0,39}")
RESOURCE_NAME = re.compile(r"[a-z](_?[a-z0-9])*")
RESOURCE_NAME_LENGTH = 24
# What every reader of a URL takes for the same: no user, no query, nothing that would have to be encoded.
URL = re.compile(
    r"(?=.{1,90}$)https?://"
    r"(?:(?!\S*\bxn--)(?:[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?\.)*[A-Za-z](?:[A-Za-z0-9_-]*[A-Za-z0-9])?"
    r"|(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(?:\.(?!$|[:/])|(?=$|[:/]))){4}|\[::1\])"
    r"(?::(?:6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[1-9][0-9]{0,3}))?"
    r"(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:/-]|%[0-9A-Fa-f]{2})*)?"
)
WHOLE = re.compile(r"(?=.*[1-9])[0-9]{1,9}")
RIGHT = {
    "int": "a whole number above 0, of at most 9 digits",
    "bool": "true or false",
    "str": "one line of text, without control characters and ${",
    "url": "a URL such as https://billing.example",
}

Resource = dict[str, Value]


@dataclass(frozen=True)
class Given:
    """What the flags of a command say, each as it was typed; None was not given."""

    name: str | None = None
    database: str | None = None
    cache: str | None = None
    clients: list[str] = field(default_factory=list)
    resources: list[str] = field(default_factory=list)
    settings: list[str] = field(default_factory=list)
    data: list[str] = field(default_factory=list)


def answers(
    given: Given,
    kinds: Mapping[str, Kind],
    questions: Mapping[str, Question],
    reserved: Reserved,
) -> dict[str, object]:
    """Return the answers for Copier; questions nobody answered are left out.

    Raises Refusal for a name, a kind, an option or an answer that can't be used.
    """
    found: dict[str, object] = data_answers(given.data, questions)
    _refuse_said_twice(given, found)
    if given.name is not None:
        found["project_name"] = given.name
    if given.database is not None:
        found["database"] = given.database
    if given.cache is not None:
        found["cache"] = given.cache
    if given.clients:
        found["clients"] = ", ".join(_client_names(given.clients, reserved)) or "none"
    if "project_name" in found:
        check_project_name(str(found["project_name"]))
    shows = found.get("example") is True
    if shows:
        del found["example"]  # which resources it uses is for the template to say
    if "resources" in found:
        named = named_resources(found["resources"], "--data resources")
        check_resources(named, kinds, reserved, "--data")
        return found
    added = [split(pair, "--resource", "NAME=KIND") for pair in given.resources]
    kind_of = _named_resources(added, found, kinds)
    for name in kind_of:
        check_resource_name(name, reserved)
    more: dict[str, Resource] = {name: {"kind": kind} for name, kind in added}
    for name, option, value in resource_settings(given.settings, kind_of, kinds):
        more.setdefault(name, {})[option] = value
    if more:
        found["more_resources"] = more
    if shows and not any(kinds[kind].role == "database" for kind in kind_of.values()):
        message = "--data example=yes: the example stores notes in a database, and there is none"
        raise Refusal(message)
    return found


def _refuse_said_twice(given: Given, found: Mapping[str, object]) -> None:
    """Refuse what is said by a flag and by --data."""
    flags = {"project_name": given.name, "database": given.database, "cache": given.cache, "clients": given.clients}
    for key, value in flags.items():
        if value and key in found:
            message = f"{key} is given twice, by a flag and by --data {key}=…: give one of them"
            raise Refusal(message)
    starters = found.keys() & {"database", "cache", "clients"}
    flagged = given.database or given.cache or given.clients or given.resources or given.settings
    if "resources" in found and (starters or flagged):
        message = "--data resources=… names all resources: leave out what else says which there are"
        raise Refusal(message)


def data_answers(pairs: Iterable[str], questions: Mapping[str, Question]) -> dict[str, object]:
    """Return what each --data says; raises Refusal for a question that isn't there and an answer it doesn't take."""
    found: dict[str, object] = {}
    for key, value in (split(pair, "--data", "KEY=VALUE") for pair in pairs):
        if key not in questions:
            message = f"--data {key}: there is no such question{nearest(key, questions)}"
            raise Refusal(message)
        if key in found:
            message = f"--data {key} is given twice"
            raise Refusal(message)
        questions[key].check(value, f"--data {key}={value}")
        found[key] = parsed(value, f"--data {key}") if questions[key].type == "yaml" else value
    if found.get("example") is False:
        found["example"] = "none"
    return found


def parsed(text: str, where: str) -> object:
    """Return an answer that is given as YAML; raises Refusal, beginning with where it stands, if it is none."""
    try:
        return load_answers(text)
    except RecursionError:
        reason = "it is nested too deeply"
    except (ValueError, yaml.YAMLError) as error:
        reason = " ".join(str(error).replace('"<unicode string>", ', "").split())
    message = f"{where}: no YAML: {reason}"
    raise Refusal(message)


class _Loader(yaml.SafeLoader):
    """Refuses a key that stands twice, of which YAML would forget one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, object]:
        keys = [str(key.value) for key, _ in node.value]
        if twice := next((key for key in keys if keys.count(key) > 1), None):
            problem = f"{twice} stands there twice"
            raise yaml.constructor.ConstructorError(problem=problem, problem_mark=node.start_mark)
        return cast("dict[Hashable, object]", super().construct_mapping(node, deep))


def load_answers(text: str) -> object:
    """Return what answers in YAML say; raises yaml.YAMLError if it isn't YAML, or says something twice."""
    return cast("object", yaml.load(text, Loader=_Loader))


def check_project_name(name: str, where: str = "") -> None:
    """Raise Refusal, beginning with where it stands, if a project can't have this name."""
    if not PROJECT_NAME.fullmatch(name):
        message = (
            f"{where}{name!r} is no name for a project: it starts with a letter and has at most 40 letters, digits, "
            "spaces, dots, dashes and underscores"
        )
        raise Refusal(message)


def check_resource_name(name: str, reserved: Reserved, where: str = "") -> None:
    """Raise Refusal, beginning with where it stands, if a resource can't have this name."""
    if not RESOURCE_NAME.fullmatch(name) or len(name) > RESOURCE_NAME_LENGTH:
        message = (
            f"{where}{name!r} is no name for a resource: it starts with a lower case letter and has at most "
            f"{RESOURCE_NAME_LENGTH} lower case letters, digits and single underscores"
        )
        raise Refusal(message)
    ending = name.rpartition("_")[2] if "_" in name else ""
    if {name, pascal(name)} & (reserved.keywords | reserved.names) or ending in reserved.endings:
        message = f"{where}{name!r} is taken by Python or by the generated code: choose another name for the resource"
        raise Refusal(message)


def pascal(name: str) -> str:
    """Return what the classes of a resource begin with."""
    return "".join(part.capitalize() for part in name.split("_"))


def _client_names(names: list[str], reserved: Reserved) -> list[str]:
    if names == ["none"]:
        return []
    if "" in names:
        message = "--client '': give a name, or none for no client"
        raise Refusal(message)
    if "none" in names:
        message = "--client none leaves no room for other clients: give one or the other"
        raise Refusal(message)
    # Here, where each stands for itself: Copier's answer is all of them in one text.
    for name in names:
        check_resource_name(name, reserved)
    return names


def _named_resources(
    added: list[tuple[str, str]], found: Mapping[str, object], kinds: Mapping[str, Kind]
) -> dict[str, str]:
    """Return the kind of every resource there will be, by name; refuses a name given twice."""
    client_names = re.sub(r"[][,'\"]", " ", str(found.get("clients", "upstream"))).split()
    named = [
        *_starter("database", str(found.get("database", "sqlite")), kinds),
        *_starter("cache", str(found.get("cache", "memory")), kinds),
        *((name, "http") for name in client_names if name != "none"),
    ]
    for name, kind in added:
        named.append((name, find_kind(kind, kinds, f"--resource {name}={kind}").name))
    names = [name for name, _ in named]
    for name in names:
        if names.count(name) > 1:
            message = f"the resource {name} is given twice: choose another name for one of them{_without_starter(name)}"
            raise Refusal(message)
    return dict(named)


def _starter(role: str, kind: str, kinds: Mapping[str, Kind]) -> list[tuple[str, str]]:
    """Return the resource that is called like its role, if there is to be one."""
    known = [name for name, described in kinds.items() if described.role == role]
    if kind == "none":
        return []
    if kind not in known:
        message = f"{role} {kind}: there is no such kind{nearest(kind, known)}; there are {', '.join([*known, 'none'])}"
        raise Refusal(message)
    return [(role, kind)]


def _without_starter(name: str) -> str:
    """Return how to do without the resource that the defaults make, if it is one of them."""
    flags = {"database": "--database none", "cache": "--cache none", "upstream": "--client none"}
    return f", or leave out the first with {flags[name]}" if name in flags else ""


def resource_settings(
    settings: Iterable[str],
    kind_of: Mapping[str, str],
    kinds: Mapping[str, Kind],
) -> Iterator[tuple[str, str, Value]]:
    """Yield resource, option and value of each --set; raises Refusal if there is none such."""
    given: set[str] = set()
    for key, value in (split(pair, "--set", "NAME.OPTION=VALUE") for pair in settings):
        name, dot, option = key.partition(".")
        if key in given:
            message = f"--set {key} is given twice"
            raise Refusal(message)
        given.add(key)
        if not dot:
            message = f"--set {key}={value}: say of which resource, as in --set billing.{key}={value}"
            raise Refusal(message)
        if name not in kind_of:
            message = f"--set {key}: there is no resource {name}{nearest(name, kind_of)}"
            raise Refusal(message)
        if option == "kind":
            message = f"--set {key}={value}: say the kind with --database, --cache or --resource {name}=KIND"
            raise Refusal(message)
        kind = find_kind(kind_of[name], kinds, f"--set {key}")
        yield name, option, option_value(option, value, kind)


def option_value(option: str, value: str, kind: Kind, where: str = "") -> Value:
    """Return the value of an option of a kind; raises Refusal if there is no such option or it has another type."""
    place = f"{where}: " if where else ""
    if option not in kind.options:
        known = f"it has {', '.join(kind.options)}" if kind.options else "it has none"
        message = f"{place}{kind.name} has no option {option}{nearest(option, kind.options)}: {known}"
        raise Refusal(message)
    return _typed(f"{place}{option}", value, kind.options[option])


def _typed(option: str, value: str, described: Option) -> Value:
    if described.type == "int" and WHOLE.fullmatch(value):
        return int(value)
    if described.type == "bool" and value in ("true", "false"):
        return value == "true"
    if described.type == "url" and URL.fullmatch(value):
        return value
    if described.type == "str" and one_line(value) == value and "${" not in value:
        return value
    message = f"{option}={value}: has to be {RIGHT[described.type]} ({described.help})"
    raise Refusal(message)


def check_answers(
    found: Mapping[str, object],
    kinds: Mapping[str, Kind],
    questions: Mapping[str, Question],
    reserved: Reserved,
    *,
    where: str,
) -> None:
    """Raise Refusal if a project's answers are none that the template takes: Copier would put defaults there."""
    for key, value in found.items():
        if not key.startswith("_") and key not in questions:
            message = f"{where}: the template has no question {key}{nearest(key, questions)}"
            raise Refusal(message)
        if key in questions:
            questions[key].check(value, f"{where}: {key}: {value}")
        if key in ("description", "author") and one_line(str(value)) != value:
            message = f"{where}: {key}: has to be one line of text, without control characters"
            raise Refusal(message)
    check_project_name(str(found["project_name"]), f"{where}: project_name: ")
    _check_package_name(str(found["package_name"]), reserved, where)
    resources = named_resources(found["resources"], where)
    check_resources(resources, kinds, reserved, where)
    if twin := next((name for name in resources if str(found["package_name"]) in (name, f"test_{name}")), None):
        message = f"{where}: resources: {twin}: the project's package is called {found['package_name']}"
        raise Refusal(message)
    _check_example(found.get("example", "none"), resources, kinds, f"{where}: example")


def _check_package_name(name: str, reserved: Reserved, where: str) -> None:
    if not RESOURCE_NAME.fullmatch(name) or name in reserved.keywords | reserved.modules:
        message = f"{where}: package_name: {name} is no name for a package: it is that of the folder in src"
        raise Refusal(message)


def _check_example(found: object, resources: Mapping[str, Resource], kinds: Mapping[str, Kind], where: str) -> None:
    """Raise Refusal if the example isn't none, and doesn't use a database or uses what there isn't."""
    if found == "none":
        return
    if not isinstance(found, dict) or "database" not in found:
        message = f"{where}: has to be none, or the resources it uses, such as {{database: database, cache: cache}}"
        raise Refusal(message)
    for role, name in found.items():
        known = [each for each, resource in resources.items() if kinds[str(resource["kind"])].role == role]
        if name not in known:
            message = f"{where}: {role}: {name}: there is no {role} called so; there are {', '.join(known) or 'none'}"
            raise Refusal(message)


def named_resources(found: object, where: str) -> dict[str, Resource]:
    """Return resources by name; raises Refusal if it is anything else."""
    if not isinstance(found, dict):
        message = f"{where}: resources has to map each name to a kind, such as {{billing: {{kind: http}}}}"
        raise Refusal(message)
    for name, resource in found.items():
        if not isinstance(name, str):
            message = f"{where}: resources: {name!r} is no name for a resource: names are text, such as billing"
            raise Refusal(message)
        if not isinstance(resource, dict) or not isinstance(resource.get("kind"), str):
            message = f"{where}: resources: {name} has to have a kind, such as {{kind: http}}"
            raise Refusal(message)
    return found


def check_resources(
    resources: Mapping[str, Resource], kinds: Mapping[str, Kind], reserved: Reserved, where: str
) -> None:
    """Raise Refusal if a name, a kind or an option of resources is none that the template takes."""
    classes: dict[str, str] = {}
    for name, resource in resources.items():
        check_resource_name(name, reserved, f"{where}: resources: ")
        if twin := classes.get(pascal(name)):
            message = f"{where}: resources: {name}: its classes would be called like those of {twin}, {pascal(name)}…"
            raise Refusal(message)
        classes[pascal(name)] = name
        _check_resource(f"{where}: resources: {name}", resource, kinds)


def _check_resource(where: str, resource: Resource, kinds: Mapping[str, Kind]) -> None:
    kind = find_kind(str(resource["kind"]), kinds, where)
    for option, value in resource.items():
        if option == "kind":
            continue
        # As it would be typed: what YAML takes for a number may stand where text is meant.
        typed = str(value).lower() if isinstance(value, bool) else str(value)
        if option_value(str(option), typed, kind, where) != value:
            message = f"{where}: {option}: {value!r} has to be {RIGHT[kind.options[option].type]}"
            raise Refusal(message)


def find_kind(name: str, kinds: Mapping[str, Kind], where: str) -> Kind:
    """Return a kind; raises Refusal, with the nearest, if there is none of that name."""
    if name not in kinds:
        message = f"{where}: there is no kind {name}{nearest(name, kinds)}; there are {', '.join(kinds)}"
        raise Refusal(message)
    return kinds[name]


def split(pair: str, flag: str, form: str) -> tuple[str, str]:
    """Return both sides of the first `=`; raises Refusal if there is none."""
    left, sign, right = pair.partition("=")
    if not sign or not left:
        message = f"{flag} {pair}: give {form}"
        raise Refusal(message)
    return left, right


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a question for what was probably meant, or nothing."""
    found = get_close_matches(name, list(known), n=1)
    return f", did you mean {found[0]}?" if found else ""
