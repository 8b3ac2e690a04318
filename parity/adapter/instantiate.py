"""Make somebody's module from a config in HuggingFace's names, and say how, in Python."""

import dataclasses
import inspect
import sys
import typing
from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any

from torch import nn

from parity.adapter.config_names import setting
from parity.adapter.layouts import NAMES
from parity.core.errors import CandidateError

Config = Mapping[str, Any]
_CONFIGS = ("config", "cfg", "conf", "args", "params", "hparams", "options", "settings")


class UnknownError(Exception):
    """A module cannot be made without an argument that nobody knows."""


@dataclasses.dataclass(frozen=True)
class ConstructorCall:
    """A call with keywords.

    Attributes:
        name: what is called.
        target: it.
        arguments: name → Python of `config`, another call, or None where nobody knows.
    """

    name: str
    target: Callable[..., Any]
    arguments: dict[str, "str | ConstructorCall | None"]

    def value(self, config: Config) -> Any:
        """Make it as an adapter does; None is given where nobody knows."""
        targets = {call.local_name: call.target for call in self.calls()}
        return eval(self.source(), {**targets, "config": config})  # noqa: S307

    @property
    def local_name(self) -> str:
        """What it is called in an adapter, which has names of its own."""
        own = ("Adapter", "Stage", "Tensor", "Path", "torch", "sys", "parameters", *NAMES)
        return f"their_{self.name}" if self.name in own else self.name

    def source(self, indent: str = "") -> str:
        """Return it as it is written in an adapter, an argument a line."""
        if not self.arguments:
            return f"{self.local_name}()"
        opening, key, closing = f"{self.local_name}(", "{}=", ")"
        if self.target is dict:
            opening, key, closing = "{", '"{}": ', "}"
        inner, lines = f"{indent}    ", [opening]
        for name, argument in self.arguments.items():
            value = argument.source(inner) if isinstance(argument, ConstructorCall) else argument
            end = "" if value else "  # TODO: no setting has this name"
            lines.append(f"{inner}{key.format(name)}{value},{end}")
        return "\n".join((*lines, f"{indent}{closing}"))

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
    call = ConstructorCall(name, made, _arguments(made))
    for parameter, argument in [*call.arguments.items()]:
        kind = _annotated(made, parameter)
        if kind is None and argument is None and parameter.lower() in _CONFIGS:
            try:
                call.arguments[parameter] = _config_read(call, parameter, config)
            except CandidateError:
                if (kind := _config_class(made)) is None:
                    raise
        if kind is not None:
            call.arguments[parameter] = ConstructorCall(kind.__name__, kind, _arguments(kind))
    return call


def build(call: ConstructorCall, config: Config) -> nn.Module:
    """Make the module.

    Raises:
        CandidateError: it is none.
        UnknownError: it cannot be made without an argument that nobody knows.
        Exception: whatever the user's own code raises.
    """
    try:
        model = call.value(config)
    except Exception as error:
        if not call.unknown:
            raise
        unknown = ", ".join(call.unknown)
        raise UnknownError(
            f"nobody knows the value of {unknown}, and None raises {type(error).__name__}: {error}"
        ) from error
    if not isinstance(model, nn.Module):
        raise CandidateError(f"{call.name} made a {type(model).__name__}, expected a torch Module")
    return model


def _arguments(made: Callable[..., Any]) -> dict[str, str | ConstructorCall | None]:
    """What must be given, and of the rest what a config decides."""
    try:
        parameters = inspect.signature(made).parameters
    except ValueError as error:  # a class that is not written in Python
        raise CandidateError(str(error)) from None
    return {
        name: setting(name)
        for name, p in parameters.items()
        if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
        if p.default is p.empty
        or (setting(name) and not (callable(p.default) or isinstance(p.default, bool)))
    }


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


class _TracingConfig(dict[str, Any]):
    """A config that answers to any name it knows, as a key and as an attribute."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self._config = config
        self.keys_read: list[str] = []
        self.attributes_read: list[str] = []

    def _value(self, name: str) -> Any:
        if (source := setting(name)) is None:
            raise KeyError(name)
        return eval(source, {"config": self._config})  # noqa: S307

    def __missing__(self, name: str) -> Any:
        self.keys_read.append(name)
        return self._value(name)

    def __contains__(self, name: object) -> bool:
        return setting(str(name)) is not None

    def get(self, name: str, default: Any = None) -> Any:
        return self[name] if setting(name) else default

    def __getattr__(self, name: str) -> Any:
        self.attributes_read.append(name)
        try:
            return self._value(name)
        except KeyError:
            raise AttributeError(name) from None


def _config_read(call: ConstructorCall, parameter: str, config: Config) -> ConstructorCall:
    """Find out what a config is asked for, and how."""
    asked = _TracingConfig(config)
    others = {
        name: eval(source, {"config": config})  # noqa: S307
        for name, source in call.arguments.items()
        if isinstance(source, str)
    }
    try:
        call.target(**others, **{parameter: asked})
    except (KeyError, AttributeError) as error:
        name = str(error.args[0]) if error.args else ""
        if name in {*asked.keys_read, *asked.attributes_read} and setting(name) is None:
            raise CandidateError(
                f"{call.name} asks its {parameter} for {name}, and nobody knows its value"
            ) from error
        raise
    made_of = SimpleNamespace if asked.attributes_read else dict
    names = asked.attributes_read or asked.keys_read
    return ConstructorCall(
        made_of.__name__, made_of, {name: setting(name) for name in names if setting(name)}
    )
