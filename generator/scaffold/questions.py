"""The questions of the template, as far as answers given on the command line are checked against them."""

from dataclasses import dataclass
from typing import cast

from scaffold.errors import Refusal
from scaffold.template import Template


@dataclass(frozen=True)
class Question:
    """A question that may be answered with --data."""

    name: str
    type: str
    choices: tuple[str, ...]
    help: str

    def check(self, answer: object, where: str) -> None:
        """Raise Refusal, beginning with where it stands, if the answer has the wrong type or is none of the choices.

        Text stands for yes and no, as it is typed.
        """
        if self.type == "bool" and str(answer).lower() not in ("true", "false", "yes", "no"):
            message = f"{where}: answer yes or no"
            raise Refusal(message)
        if self.type == "str" and not isinstance(answer, str):
            message = f"{where}: has to be text: put it in quotes"
            raise Refusal(message)
        if self.choices and answer not in self.choices:
            message = f"{where}: choose one of {', '.join(self.choices)}"
            raise Refusal(message)


def read_questions(template: Template) -> dict[str, Question]:
    """Return what can be answered, by name: every question that isn't computed."""
    described = _read(template, "copier.yml")
    return {
        name: _question(name, details)
        for name, details in described.items()
        if not name.startswith("_") and isinstance(details, dict) and details.get("when") is not False
    }


def _read(template: Template, path: str) -> dict[str, object]:
    """Return what a file of a template maps; raises Refusal if it does not."""
    return template.mapping(path, next(template.texts([path])), "holds nothing")


def _question(name: str, details: dict[str, object]) -> Question:
    choices = details.get("choices")
    known = tuple(str(choice) for choice in choices.values()) if isinstance(choices, dict) else ()
    return Question(name, str(details.get("type", "str")), known, str(details.get("help", "")))


@dataclass(frozen=True)
class Reserved:
    """Names that can't be given."""

    keywords: frozenset[str]
    modules: frozenset[str]
    names: frozenset[str]
    endings: tuple[str, ...]


def read_reserved(template: Template) -> Reserved:
    """Return the names that Python or the generated code uses."""
    texts = cast("dict[str, str]", _read(template, "template/questions/reserved.yml"))
    keywords, modules, names = (frozenset(texts[key].split()) for key in ("keywords", "modules", "names"))
    return Reserved(keywords, modules, names, tuple(texts["endings"].split()))
