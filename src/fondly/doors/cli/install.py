"""Run an install: up, web, worker, doctor, config, demo, sign-in-link."""

import argparse
import os
import sys

Arguments = argparse.Namespace


def add_parsers(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    up = subparsers.add_parser("up", help="start everything: upgrade after a backup, web server, worker")
    _listening(up)
    up.set_defaults(func=_up)
    web = subparsers.add_parser("web", help="the web server alone")
    _listening(web)
    web.set_defaults(func=_web)
    worker = subparsers.add_parser("worker", help="one worker alone (any number on PostgreSQL)")
    worker.add_argument("--parent", type=int, help=argparse.SUPPRESS)
    worker.set_defaults(func=_worker)
    _add_looking(subparsers)
    _add_demo(subparsers)


def _listening(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=_port, default=8000, help="port to listen on (default 8000)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1: this computer)")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")


def _add_looking(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    doctor = subparsers.add_parser("doctor", help="look for what is wrong with this install")
    doctor.add_argument("--json", action="store_true", help="print JSON")
    doctor.add_argument(
        "--activity-end",
        metavar="COUNT:SEAL",
        default="",
        help="an end of Activity printed before; it must still be there",
    )
    doctor.set_defaults(func=_doctor)
    config = subparsers.add_parser("config", help="every setting, its value (secrets hidden) and where it came from")
    config.add_argument("--json", action="store_true", help="print JSON")
    config.set_defaults(func=_config)
    link = subparsers.add_parser("sign-in-link", help="a one-time link for somebody who cannot sign in")
    link.add_argument("email", help="the user's e-mail address")
    link.set_defaults(func=_sign_in_link)


def _add_demo(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    demo = subparsers.add_parser("demo", help="a filled install to look around in, gone when it stops")
    demo.add_argument("--trade", default="realtor", help="which starter playbook (default realtor)")
    demo.add_argument("--seed", type=int, default=7, help="another number gives other people (default 7)")
    demo.add_argument("--clock", metavar="ISO", help="what time it is in the demo, e.g. 2026-11-22T09:00")
    demo.add_argument("--home", help="keep the demo in this folder")
    demo.add_argument("--smtp", metavar="URL", help="really send the demo's mail through this server")
    _listening(demo)
    demo.set_defaults(func=_demo)


def _port(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; it must be a number from 1 to 65535")
    return int(text)


def start(host: str, port: int, *, browser: bool, first: str = "") -> int:
    """Web server and worker together, until SIGTERM or Ctrl+C. first: the page to open."""
    from django.conf import settings

    from fondly.doors.cli import preparing, serving

    serving.refuse_busy_port(host, port)
    preparing.make_ready()
    url = first or preparing.first_page()
    worker = serving.WorkerProcess()
    serving.when_listening(host, port, lambda: _announce(url, browser))
    try:
        serving.serve(host, port, int(settings.FONDLY["FONDLY_WEB_PROCESSES"].text))
    finally:
        worker.stop()
    return 0


def use_port_in_links(port: int) -> None:
    """Unless the public address is set, links carry the port we listen on."""
    if not {"FONDLY_URL", "FONDLY_URL_FILE"} & set(os.environ):
        os.environ["FONDLY_URL"] = f"http://localhost:{port}"


def _announce(url: str, browser: bool) -> None:
    print(f"Fondly is running. Open {url}\nStop it with Ctrl+C.", flush=True)
    if browser and sys.stdout.isatty():
        from fondly.doors.cli.serving import open_browser

        open_browser(url)


def _up(arguments: Arguments) -> int:
    from fondly.doors.cli.django_setup import setup

    use_port_in_links(arguments.port)
    setup()
    return start(arguments.host, arguments.port, browser=not arguments.no_browser)


def _web(arguments: Arguments) -> int:
    from fondly.doors.cli.django_setup import setup

    use_port_in_links(arguments.port)
    setup()
    from django.conf import settings

    from fondly.doors.cli import preparing, serving

    serving.refuse_busy_port(arguments.host, arguments.port)
    preparing.refuse_unready()
    preparing.collect_static()
    url = preparing.first_page()
    serving.when_listening(arguments.host, arguments.port, lambda: _announce(url, not arguments.no_browser))
    serving.serve(arguments.host, arguments.port, int(settings.FONDLY["FONDLY_WEB_PROCESSES"].text))
    return 0


def _worker(arguments: Arguments) -> int:
    from fondly.doors.cli.django_setup import setup

    setup()
    from fondly.doors.cli import preparing
    from fondly.doors.cli.worker import Worker

    preparing.refuse_unready()
    Worker(arguments.parent).run()
    return 0


def _sign_in_link(arguments: Arguments) -> int:
    from fondly.doors.cli.django_setup import setup

    setup()
    from fondly.doors.cli import preparing
    from fondly.people.team import links
    from fondly.people.team.models import User

    preparing.refuse_unready()
    user = User.objects.filter(email__iexact=arguments.email.strip()).first()
    if user is None or not user.is_active:
        sys.exit(f"fondly: nobody with the address {arguments.email!r} may sign in here.")
    link = links.make("enter", user)
    print(f"{link.url}\nWorks once, within {link.days} day(s). It signs in as {user.name or user.email}.")
    return 0


def _doctor(arguments: Arguments) -> int:
    from fondly.doors.cli.doctor import report

    return report(as_json=arguments.json, activity_end=arguments.activity_end)


def _config(arguments: Arguments) -> int:
    from fondly.doors.cli.configuration import show

    return show(as_json=arguments.json)


def _demo(arguments: Arguments) -> int:
    from fondly.doors.cli.demo import run

    return run(arguments)
