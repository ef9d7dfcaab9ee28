"""fondly import clients FILE"""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fondly.people.clients.imports import ImportPlan, Mapping

_SHOWN = 10


def add_clients(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "clients",
        help="bring clients in from CSV, XLSX or vCard",
        description="Bring clients in. HubSpot, Pipedrive and Google exports are recognised. Nothing is sent. "
        "The same file twice adds nobody; an import can be undone for 30 days.",
    )
    parser.add_argument("file", help="a CSV, XLSX or vCard file")
    parser.add_argument("--dry-run", action="store_true", help="say what would happen, write nothing")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument("--map", metavar="MAP.yaml", help="what each column means; see the documentation of imports")
    parser.add_argument("--save-map", metavar="NAME", default="", help="keep the mapping for files with these columns")
    parser.add_argument("--errors", metavar="PATH", help="write the rows to mend to this CSV file")
    parser.add_argument("--region", default="", help="two letters of the country of numbers without a country code")
    parser.add_argument("--keep", action="store_true", help="in a conflict keep what is here, not the file's value")
    parser.add_argument("--playbook", metavar="SLUG", help="put the new clients on a journey of this playbook")
    parser.add_argument("--stage", metavar="NAME", default="", help="with --playbook: from this stage on")
    parser.set_defaults(func=import_clients)


def import_clients(arguments: argparse.Namespace) -> int:
    """0 when every row was used, 1 when some were bad, 2 when nothing could be done."""
    from fondly.doors.cli.django_setup import setup_ready

    setup_ready()
    from fondly.ground.action import Refused
    from fondly.people.clients.imports import UnreadableFileError, UnusableMappingError

    try:
        told = _dry_run(arguments) if arguments.dry_run else _import(arguments)
    except (Refused, UnreadableFileError, UnusableMappingError, OSError) as error:
        return _failed(str(error), arguments.json)
    print(json.dumps(told, indent=2, ensure_ascii=False) if arguments.json else _report(told))
    return 1 if told["bad"] else 0


def _failed(message: str, as_json: bool) -> int:
    if as_json:
        print(json.dumps({"error": message}, ensure_ascii=False))
    print(f"fondly: {message}", file=sys.stderr)
    return 2


def _dry_run(arguments: argparse.Namespace) -> dict[str, Any]:
    from fondly.people.clients.imports import error_rows_of_plan, plan_import

    path = Path(arguments.file)
    mapping = _mapping(arguments, path)
    plan = plan_import(path, mapping=mapping)
    if arguments.errors and plan.bad:
        _write(Path(arguments.errors), error_rows_of_plan(path, mapping=mapping))
    return {"dry_run": True, **_told(plan, arguments)}


def _import(arguments: argparse.Namespace) -> dict[str, Any]:
    from fondly.doors.cli.progress import say
    from fondly.ground import errands
    from fondly.ground.action import SYSTEM
    from fondly.people.clients.actions import ImportFile
    from fondly.people.clients.imports import error_rows, imported_plan, store_file
    from fondly.people.clients.imports.mapping import to_json
    from fondly.people.clients.imports.uploads import discard

    playbook_id = _playbook_id(arguments.playbook) if arguments.playbook else None
    upload = store_file(Path(arguments.file))
    mapping = _mapping(arguments, upload.path, upload.file_name)
    given = ImportFile(
        upload.id, upload.file_name, to_json(mapping) if mapping else None, save_mapping_as=arguments.save_map
    )
    try:
        done = errands.carry_out("clients.import", SYSTEM, given, say).result
    finally:
        discard(upload.id)
    if arguments.errors and done.bad:
        _write(Path(arguments.errors), error_rows(done.import_id))
    told = {
        "dry_run": False,
        "import_id": done.import_id,
        **_told(imported_plan(done.import_id, done.notes), arguments),
    }
    if playbook_id is not None:
        told["journeys"] = _start(done.import_id, playbook_id, arguments.stage)
    return told


def _mapping(arguments: argparse.Namespace, path: Path, file_name: str = "") -> "Mapping | None":
    """The mapping of --map, or the recognised one with --region and --keep set; None leaves all to the import."""
    from dataclasses import replace

    from fondly.people.clients.imports.mapping import UnusableMappingError, from_json
    from fondly.people.clients.imports.plan import likely
    from fondly.people.clients.imports.reading import open_table

    if not (arguments.map or arguments.region or arguments.keep):
        return None
    if arguments.map:
        data = _yaml(Path(arguments.map))
        if not isinstance(data, dict):
            raise UnusableMappingError(f"{arguments.map} must hold `columns:` and a list of header and to.")
        mapping = from_json(data)
    else:
        mapping = likely(open_table(path, file_name))
    return replace(mapping, region=_region(arguments.region) or mapping.region, keep=arguments.keep or mapping.keep)


def _region(given: str) -> str:
    """Two letters of the country; "" when none is given. Raises UnusableMappingError for one nobody knows."""
    from fondly.people.clients import regions
    from fondly.people.clients.imports.mapping import UnusableMappingError

    found = regions.of_country(given)
    if given and not found:
        raise UnusableMappingError(f"--region {given}: no such country. Write its two letters, for example us or de.")
    return found


def _yaml(path: Path) -> Any:
    from fondly.core.playbook.plain import PlainError, plain
    from fondly.people.clients.imports.mapping import UnusableMappingError

    try:
        return plain(path.read_text(encoding="utf-8"))
    except (PlainError, UnicodeDecodeError) as error:
        raise UnusableMappingError(f"{path} is not readable YAML: {error}") from error


def _playbook_id(slug: str) -> int:
    from fondly.design.playbooks.models import Playbook
    from fondly.ground.action import NotFound

    playbook = Playbook.objects.filter(slug=slug).first()
    if playbook is None:
        known = ", ".join(Playbook.objects.order_by("slug").values_list("slug", flat=True)) or "none yet"
        raise NotFound(f"There is no playbook {slug!r}. Known: {known}.")
    return playbook.pk


def _start(import_id: int, playbook_id: int, stage: str) -> int:
    """How many were put on the journey."""
    from fondly.doors.cli.progress import say
    from fondly.ground import errands
    from fondly.ground.action import SYSTEM
    from fondly.people.clients.imports import imported_clients
    from fondly.run.journeys.actions import StartJourneys

    ids = list(imported_clients(import_id, ("added",)))
    given = StartJourneys(ids, playbook_id, stage, f"import:{import_id}")
    started: int = errands.carry_out("journeys.start_many", SYSTEM, given, say).result.started
    return started


def _told(plan: "ImportPlan", arguments: argparse.Namespace) -> dict[str, Any]:
    return {
        "file": plan.file_name,
        "format": plan.format,
        "columns": {column.header: column.to for column in plan.mapping.columns},
        "rows": plan.rows,
        "added": plan.added,
        "updated": plan.updated,
        "same": plan.same,
        "bad": plan.bad,
        "notes": plan.notes,
        "problems": [{"row": problem.row, "mend": problem.reasons} for problem in plan.problems],
        "errors_file": str(arguments.errors) if arguments.errors and plan.bad else None,
    }


def _report(told: dict[str, Any]) -> str:
    would = "would be " if told["dry_run"] else ""
    lines = [
        f"{told['file']}: recognised as {told['format']}, {told['rows']:,} rows",
        f"  {would}added {told['added']:,} · {would}updated {told['updated']:,} · same {told['same']:,}"
        f" · to mend {told['bad']:,}",
    ]
    lines += [f"  note: {note}" for note in told["notes"]]
    lines += [f"  row {problem['row']}: {' '.join(problem['mend'])}" for problem in told["problems"][:_SHOWN]]
    if told["bad"] > _SHOWN:
        lines.append(f"  … and {told['bad'] - _SHOWN:,} more")
    if told["bad"]:
        lines.append(f"  {_where(told)}")
    if "journeys" in told:
        lines.append(f"  {told['journeys']:,} journeys started")
    return "\n".join(lines)


def _where(told: dict[str, Any]) -> str:
    if told["errors_file"]:
        return f"The rows to mend are in {told['errors_file']}; mend them there and import that file."
    return "Use --errors FILE.errors.csv to get the rows to mend as a file."


def _write(path: Path, lines: Any) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        file.writelines(lines)
