"""Make somebody's module from a config in HuggingFace's names, and say how, in Python."""

import dataclasses
import inspect
import sys
import typing
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

from torch import nn

from parity.adapter.config_names import Config, Setting, setting
from parity.adapter.layouts import NAMES
from parity.core.errors import CandidateError

_CONFIGS = ("config", "cfg", "conf", "args", "params", "hparams", "options", "settings")


class UnknownError(Exception):
    """A module cannot be made without an argument that nobody knows."""


@dataclasses.dataclass(frozen=True)
class ConstructorCall:
    """A call with keywords.

    Attributes:
        name: what is called.
        target: it.
        arguments: name → a value, another call, or None where nobody knows.
    """

    name: str
    target: Callable[..., Any]
    arguments: dict[str, "Setting | ConstructorCall | None"]

    def value(self, config: Config) -> Any:
        """Make it; None is given where nobody knows."""
        given = {}
        for name, argument in self.arguments.items():
            if isinstance(argument, ConstructorCall):
                given[name] = argument.value(config)
            else:
                given[name] = None if argument is None else argument.of(config)
        return self.target(**given)

    @property
    def local_name(self) -> str:
        """What it is called in an adapter, which has names of its own."""
        own = ("Adapter", "Stage", "Tensor", "Path", "torch", "sys", "parameters", *NAMES)
        return f"their_{self.name}" if self.name in own else self.name

    def source(self, indent: str = "") -> str:
        """Return it as it is written in an adapter, an argument a line."""
        if not self.arguments:
            return f"{self.local_name}()"
        literal = self.target is dict
        lines = ["{" if literal else f"{self.local_name}("]
        for name, argument in self.arguments.items():
            key = f'"{name}": ' if literal else f"{name}="
            if argument is None:
                lines.append(f"{indent}    {key}None,  # TODO: no setting has this name")
            elif isinstance(argument, ConstructorCall):
                lines.append(f"{indent}    {key}{argument.source(indent + '    ')},")
            else:
                lines.append(f"{indent}    {key}{argument.source},")
        return "\n".join((*lines, f"{indent}{'}' if literal else ')'}"))

    def calls(self) -> Iterator["ConstructorCall"]:
        """Yield this call and those inside it."""
        yield self
        for argument in self.arguments.values():
            if isinstance(argument, ConstructorCall):
                yield from argument.calls()

    @property
    def unknown(self) -> list[str]:
        """The arguments nobody knows."""
        return [f"{c.name}({n})" for c in self.calls() for n, a in c.arguments.items() if a is None]


def construction(made: Callable[..., Any], name: str, config: Config) -> ConstructorCall:
    """Find out how a module is made.

    Args:
        made: a class or a function.
        name: what it is called.
        config: of the checkpoint that it is tried with.

    Raises:
        CandidateError: it asks its config for what nobody knows.
    """
    call = ConstructorCall(name, made, dict(_arguments(made)))
    for parameter, argument in [*call.arguments.items()]:
        kind = _annotated(made, parameter)
        if kind is None and argument is None and parameter.lower() in _CONFIGS:
            try:
                call.arguments[parameter] = _asked(call, parameter, config)
            except CandidateError:
                if (kind := _config_class(made)) is None:
                    raise
        if kind is not None:
            call.arguments[parameter] = ConstructorCall(kind.__name__, kind, dict(_arguments(kind)))
    return call


def build(call: ConstructorCall, config: Config) -> nn.Module:
    """Make the module.

    Raises:
        CandidateError: it is none.
        UnknownError: it cannot be made without an argument that nobody knows.
        Exception: whatever the user's own code raises.
    """
    if call.unknown:
        try:
            call.value(config)
        except Exception as error:
            unknown = ", ".join(call.unknown)
            raise UnknownError(
                f"nobody knows the value of {unknown}, and None raises {type(error).__name__}: "
                f"{error}"
            ) from error
    model = call.value(config)
    if not isinstance(model, nn.Module):
        raise CandidateError(f"{call.name} made a {type(model).__name__}, expected a torch Module")
    return model


def _parameters(made: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    try:
        parameters = inspect.signature(made).parameters
    except ValueError as error:  # a class that is not written in Python
        raise CandidateError(str(error)) from None
    return {name: p for name, p in parameters.items() if p.kind in named}


def _arguments(made: Callable[..., Any]) -> Iterator[tuple[str, Setting | None]]:
    for name, parameter in _parameters(made).items():
        known, default = setting(name), parameter.default
        if default is parameter.empty or (
            known and not (callable(default) or isinstance(default, bool))
        ):
            yield name, known


def _annotated(made: Callable[..., Any], parameter: str) -> type | None:
    """The class of a config, where the annotation names one that says what it has."""
    function = made.__init__ if isinstance(made, type) else made  # type: ignore[misc]
    try:
        hint = typing.get_type_hints(function).get(parameter)
    except (NameError, TypeError, AttributeError, SyntaxError):  # some are not meant to be read
        return None
    if not isinstance(hint, type) or hint.__module__ == "builtins" or hint is SimpleNamespace:
        return None
    says = dataclasses.is_dataclass(hint) or hasattr(hint, "_fields") or _is_config(hint)
    return hint if says or parameter.lower() in _CONFIGS else None


def _is_config(kind: type) -> bool:
    return kind.__name__.lower().endswith(("config", "args", "arguments", "settings"))


def _config_class(made: Callable[..., Any]) -> type | None:
    """The only class of the user's file whose name says that it is one."""
    found = [
        value
        for value in vars(sys.modules[made.__module__]).values()
        if isinstance(value, type) and value.__module__ == made.__module__ and _is_config(value)
    ]
    return found[0] if len(found) == 1 else None


class _Asked(dict[str, Any]):
    """A config that answers to any name it knows, as a key and as an attribute."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self._config = config
        self.keys_asked: list[str] = []
        self.attributes_asked: list[str] = []

    def __missing__(self, name: str) -> Any:
        self.keys_asked.append(name)
        if found := setting(name):
            return found.of(self._config)
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return setting(str(name)) is not None

    def get(self, name: str, default: Any = None) -> Any:
        try:
            return self[name]
        except KeyError:
            return default

    def __getattr__(self, name: str) -> Any:
        self.attributes_asked.append(name)
        if found := setting(name):
            return found.of(self._config)
        raise AttributeError(name)


def _asked(call: ConstructorCall, parameter: str, config: Config) -> ConstructorCall:
    """Find out what a config is asked for, and how."""
    asked = _Asked(config)
    others = {name: a.of(config) for name, a in call.arguments.items() if isinstance(a, Setting)}
    try:
        call.target(**others, **{parameter: asked})
    except (KeyError, AttributeError) as error:
        name = str(error.args[0]) if error.args else ""
        if name in {*asked.keys_asked, *asked.attributes_asked} and setting(name) is None:
            raise CandidateError(
                f"{call.name} asks its {parameter} for {name}, and nobody knows its value"
            ) from error
        raise
    made_of = SimpleNamespace if asked.attributes_asked else dict
    names = asked.attributes_asked or asked.keys_asked
    known = {name: found for name in names if (found := setting(name))}
    return ConstructorCall(made_of.__name__, made_of, {**known})
