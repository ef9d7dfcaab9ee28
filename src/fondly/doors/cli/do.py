"""`fondly do ACTION`: everything a person can click, from the shell."""

import argparse
import json
import sys
from typing import Any

Arguments = argparse.Namespace


def add_parsers(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser(
        "do",
        help="do one action, as a person or as the install itself",
        description="Fields are given as --field value (lists: a,b,c; nothing: null) or together as --json.",
        add_help=False,
    )
    parser.add_argument("action", nargs="?", help="the action's name, e.g. clients.note; --list shows them all")
    parser.add_argument("--list", action="store_true", help="list all actions")
    parser.add_argument("--json", dest="body", metavar="JSON", help="the whole input as one JSON object; - reads it")
    parser.add_argument("--as", dest="email", metavar="EMAIL", help="act as this user, with their permissions")
    parser.add_argument("--key", default="", help="an idempotency key: the same key twice changes nothing")
    parser.add_argument("-h", "--help", action="store_true", help="show this; with an action, show its fields")
    parser.add_argument("fields", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    parser.set_defaults(func=_do, parser=parser)


def _do(arguments: Arguments) -> int:
    if arguments.help and not arguments.action:
        arguments.parser.print_help()
        return 0
    from fondly.doors.cli.django_setup import setup_ready

    setup_ready()
    if arguments.list or not arguments.action:
        return _list()
    _split_options(arguments)
    if arguments.help:
        return _describe(arguments.action)
    return _perform(arguments)


# argparse hands over everything behind the action's name; these of it are ours.
_OURS = {"--json": "body", "--as": "email", "--key": "key"}


def _split_options(arguments: Arguments) -> None:
    rest = list(arguments.fields)
    arguments.fields = []
    while rest:
        name, equals, value = rest.pop(0).partition("=")
        if name in ("-h", "--help"):
            arguments.help = True
            continue
        if not name.startswith("--"):
            sys.exit(f"fondly: {name!r} belongs to nothing; fields are given as --name value.")
        if not equals:
            value = _value_of(name, rest)
        if name in _OURS:
            setattr(arguments, _OURS[name], value)
        else:
            arguments.fields.append((name[2:].replace("-", "_"), value))


def _value_of(name: str, rest: list[str]) -> str:
    if not rest:
        sys.exit(f"fondly: {name} needs a value.")
    return rest.pop(0)


def _list() -> int:
    from fondly.ground.action import registry

    width = max(map(len, registry))
    for name in sorted(registry):
        print(f"{name:{width}}  {registry[name].summary}")
    return 0


def _describe(name: str) -> int:
    import dataclasses

    declaration = _declaration(name)
    print(f"{name}: {declaration.summary}\n{(declaration.run.__doc__ or '').strip()}\n\nFields:")
    for field in dataclasses.fields(declaration.given):
        kind = getattr(field.type, "__name__", str(field.type))
        needed = "" if _has_default(field) else ", needed"
        print(f"  --{field.name.replace('_', '-')}  {kind}{needed}")
    return 0


def _has_default(field: Any) -> bool:
    import dataclasses

    return field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING


def _perform(arguments: Arguments) -> int:
    from fondly.doors.api import bodies
    from fondly.doors.api.problems import Problem
    from fondly.doors.cli import preparing
    from fondly.doors.cli.progress import say
    from fondly.ground import errands
    from fondly.ground.action import Refused

    preparing.refuse_unready()
    declaration = _declaration(arguments.action)
    try:
        given = bodies.read(declaration, _input(arguments, declaration.given))
        done = errands.carry_out(declaration.name, _actor(arguments.email), given, say, key=arguments.key)
    except Problem as problem:
        sys.exit("\n".join(f"fondly: {f.pointer.lstrip('/') or 'input'}: {f.detail}" for f in problem.faults))
    except Refused as refusal:
        sys.exit(f"fondly: {refusal.message}")
    result = bodies.write(declaration.result, done.result)
    answer = {"result": result, "summary": done.summary, "audit_id": done.audit_id, "undoable": done.undoable}
    print(json.dumps(answer, indent=1, ensure_ascii=False))
    return 0


def _declaration(name: str) -> Any:
    import difflib

    from fondly.ground.action import registry

    if name in registry:
        return registry[name]
    near = difflib.get_close_matches(name, registry, n=1)
    hint = f"Did you mean {near[0]}?" if near else "`fondly do --list` shows all."
    sys.exit(f"fondly: there is no action called {name!r}. {hint}")


def _input(arguments: Arguments, kind: type) -> dict[str, Any]:
    """The JSON object, with single fields on top."""
    import typing

    body = _json(arguments.body) if arguments.body else {}
    hints = typing.get_type_hints(kind)
    for name, text in arguments.fields:
        body[name] = _read(text, hints.get(name, str))
    return body


def _json(text: str) -> dict[str, Any]:
    try:
        body = json.loads(sys.stdin.read() if text == "-" else text)
    except ValueError as error:
        sys.exit(f"fondly: --json is not JSON: {error}")
    if not isinstance(body, dict):
        sys.exit("fondly: --json must be one object: {...}")
    return body


def _read(text: str, hint: Any) -> Any:
    """A field's text as its type asks for: text stays text; lists are comma-separated; the rest as JSON, if it is."""
    import typing

    options = typing.get_args(hint) if type(None) in typing.get_args(hint) else (hint,)
    if text == "null" and type(None) in options:
        return None
    wanted = next((option for option in options if option is not type(None)), str)
    if wanted is str:
        return text
    if typing.get_origin(wanted) is list and not text.lstrip().startswith("["):
        return [_read(part.strip(), typing.get_args(wanted)[0]) for part in text.split(",") if part.strip()]
    try:
        return json.loads(text)
    except ValueError:
        return text


def _actor(email: str | None) -> Any:
    """Somebody of the team, or the install itself: whoever may run this command owns the machine."""
    from fondly.ground.action import Actor
    from fondly.people.team.access import actor_of
    from fondly.people.team.models import User

    if not email:
        return Actor("The command line", None, frozenset({"admin"}))
    user = User.objects.filter(email__iexact=email, is_active=True).first()
    if user is None:
        sys.exit(f"fondly: nobody with the address {email!r} is in the team.")
    return actor_of(user)
