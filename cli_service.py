"""The verbs of the service: run it, who may use it, whether its log is whole."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli_output import Json, open_store, print_json, print_table, say

if TYPE_CHECKING:
    from recommender.service.backup import BackupReport

app = typer.Typer(rich_markup_mode=None)
account = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Who may use the service.")
patients = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Patients stored with their consent.")
keys = typer.Typer(
    rich_markup_mode=None, no_args_is_help=True, help="The keys that stored patients are encrypted with."
)
audit = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="The service's log of every access.")

State = Annotated[Path, typer.Option("--state", help="The folder of accounts, keys and logs.")]
FieldKey = Annotated[
    str,
    typer.Option(
        help="Where the keys of stored patients are: file:PATH, env:NAME or keyring:NAME; a file in the state folder "
        "when it is not given.",
    ),
]
DEFAULT_STATE = Path(".theragraph/service")
DEFAULT_MODELS = (Path(".theragraph/demo"), Path(".theragraph/policies"))


@app.command(epilog="Example: theragraph serve --port 8000")
def serve(
    ctx: typer.Context,
    host: Annotated[str, typer.Option(help="The address to listen on; without accounts loopback only.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.", min=1, max=65535)] = 8000,
    public_url: Annotated[str, typer.Option(help="How clients call it, when that is another address.")] = "",
    certificate: Annotated[Path | None, typer.Option(help="A PEM certificate; then it speaks TLS.")] = None,
    private_key: Annotated[Path | None, typer.Option(help="The certificate's PEM key.")] = None,
    origin: Annotated[list[str] | None, typer.Option(help="A web origin that may call it (CORS).")] = None,
    processes: Annotated[int, typer.Option(help="Processes that make plans; 0 for one a core.", min=0)] = 0,
    store_patients: Annotated[
        bool, typer.Option("--store-patients", help="Store patients whose Consent permits it, encrypted.")
    ] = False,
    field_key: FieldKey = "",
    retention_days: Annotated[int, typer.Option(help="Days until a stored patient is removed.", min=1)] = 30,
    privacy_budget: Annotated[
        float, typer.Option(help="Each analyst's epsilon for cohort counts, for good.", min=0.001, max=100)
    ] = 1.0,
    state: State = DEFAULT_STATE,
) -> None:
    """Serve the page, REST and CDS Hooks until it is stopped."""
    from cli_policy import with_registered_policy
    from recommender.recommend import Recommender
    from recommender.service.serve import serve as run

    run(
        ctx.obj,
        host,
        port,
        public_url=public_url,
        state_dir=state,
        certificate=certificate,
        private_key=private_key,
        cors_origins=tuple(origin or ()),
        num_processes=processes,
        store_patients=store_patients,
        field_key=field_key,
        retention_days=retention_days,
        budget=privacy_budget,
        open_recommender=lambda graph: with_registered_policy(Recommender.open(graph), state_dir=state),
        say=say,
    )


@account.command("add", epilog="Example: theragraph account add ann --role clinician")
def add_account(
    name: Annotated[str, typer.Argument(help="The account's name.")],
    role: Annotated[list[str], typer.Option(help="clinician, engineer, analyst, admin or auditor; may be repeated.")],
    password: Annotated[
        str,
        typer.Option(prompt=True, hide_input=True, confirmation_prompt=True, envvar="THERAGRAPH_ACCOUNT_PASSWORD"),
    ],
    state: State = DEFAULT_STATE,
) -> None:
    """Add an account, or replace it; a running service without accounts must be started again."""
    from recommender.service.accounts import keep_account
    from recommender.service.config import ServiceConfig

    kept = keep_account(ServiceConfig(state_dir=state).accounts_file, name, password, role)
    typer.echo(f"{kept.name} may sign in as {', '.join(sorted(kept.roles))}.")


@account.command("remove", epilog="Example: theragraph account remove ann")
def take_account(
    name: Annotated[str, typer.Argument(help="The account's name.")], state: State = DEFAULT_STATE
) -> None:
    """Remove an account; its open sessions end with the service."""
    from recommender.service.accounts import remove_account
    from recommender.service.config import ServiceConfig

    remove_account(ServiceConfig(state_dir=state).accounts_file, name)
    typer.echo(f"{name} is removed.")


@account.command("list", epilog="Example: theragraph account list")
def list_accounts(state: State = DEFAULT_STATE, as_json: Json = False) -> None:
    """List the accounts and their roles."""
    from recommender.service.accounts import read_accounts
    from recommender.service.config import ServiceConfig

    accounts = read_accounts(ServiceConfig(state_dir=state).accounts_file)
    rows = [[a.name, ", ".join(sorted(a.roles))] for a in accounts.values()]
    if as_json:
        return print_json([{"name": a.name, "roles": sorted(a.roles)} for a in accounts.values()])
    print_table(["name", "roles"], rows)


@audit.command("verify", epilog="Example: theragraph audit verify")
def verify_audit(state: State = DEFAULT_STATE, as_json: Json = False) -> None:
    """Follow the log's chain of hashes; exit code 2 when any byte is not as it was written."""
    from recommender.service.chained_log import verify_log
    from recommender.service.config import ServiceConfig

    found = verify_log(ServiceConfig(state_dir=state).audit_file)
    if as_json:
        print_json(asdict(found) | {"whole": found.broken_line is None})
    elif found.broken_line is None:
        typer.echo(f"The log is whole: {found.num_lines} lines.")
    else:
        say(
            f"theragraph: Line {found.broken_line} of the audit log {found.reason}; keep the file and ask who wrote it."
        )
    raise typer.Exit(0 if found.broken_line is None else 2)


@patients.command("erase", epilog="Example: theragraph patients erase PATIENT-ID")
def erase_patient(
    patient_id: Annotated[str, typer.Argument(help="The patient's id, as in its record.")],
    field_key: FieldKey = "",
    state: State = DEFAULT_STATE,
    as_json: Json = False,
) -> None:
    """Remove every record of a patient, then search the state folder for what is left; exit code 1 if anything is."""
    from recommender.service.config import ServiceConfig
    from recommender.service.records import erase

    found, num_lines = erase(ServiceConfig(state_dir=state, field_key=field_key), patient_id)
    if as_json:
        print_json(asdict(found) | {"num_log_lines": num_lines})
    else:
        typer.echo(f"{found.num_erased} records are erased, and {num_lines} lines of what a policy learns from.")
        looked = f"{found.num_files_searched} files searched for the id, {found.num_records_read} other records read"
        typer.echo(f"{looked}: {'it is still in' if found.left_in else 'nothing is left.'}")
        for place in found.left_in:
            typer.echo(place)
    raise typer.Exit(1 if found.left_in else 0)


@patients.command("expire", epilog="Example: theragraph patients expire")
def expire_patients(field_key: FieldKey = "", state: State = DEFAULT_STATE) -> None:
    """Remove the records and slates whose time is over; a running service does it by itself every hour."""
    from recommender.service.config import ServiceConfig
    from recommender.service.records import expire

    num_records, num_slates = expire(ServiceConfig(state_dir=state, field_key=field_key))
    typer.echo(f"{num_records} records and {num_slates} served slates are removed.")


@keys.command("new", epilog="Example: theragraph keys new")
def make_key() -> None:
    """Print a new key as the line that a key file or variable holds."""
    from recommender.service.field_cipher import new_key, to_line

    typer.echo(to_line(new_key()))


@keys.command("rotate", epilog="Example: theragraph keys rotate")
def rotate_keys(field_key: FieldKey = "", state: State = DEFAULT_STATE) -> None:
    """Encrypt every stored patient with a new key and forget the old ones.

    Keys in a variable are the owner's to change: put the new line first, rotate, then take the old one out.
    """
    from recommender.service.config import ServiceConfig
    from recommender.service.records import rotate

    num, where = rotate(ServiceConfig(state_dir=state, field_key=field_key))
    typer.echo(f"{num} records are encrypted with the new key; the key stands in {where}.")


@app.command(epilog="Example: theragraph backup backup.tar")
def backup(
    ctx: typer.Context,
    out: Annotated[Path, typer.Argument(help="The file to write.")],
    models: Annotated[list[Path] | None, typer.Option("--models", help="A folder of models to take along.")] = None,
    with_keys: Annotated[
        bool, typer.Option("--with-keys", help="Take the keys of stored patients along; then guard the file like them.")
    ] = False,
    state: State = DEFAULT_STATE,
    as_json: Json = False,
) -> None:
    """Write graph, logs, accounts, stored patients and models into one file; the service may run meanwhile.

    Models are the folders given, else those of .theragraph that hold models and policies.
    """
    from recommender.service.backup import write_archive

    folders = models if models is not None else [p for p in DEFAULT_MODELS if p.is_dir()]
    with open_store(ctx) as store:
        report = write_archive(store, state, folders, out, with_keys=with_keys)
    if as_json:
        return print_json(asdict(report))
    print_archived(report)
    if report.keys_left_out:
        say("The keys of stored patients are not in it: keep field.keys elsewhere, or use --with-keys.")


@app.command(epilog="Example: theragraph restore backup.tar")
def restore(
    ctx: typer.Context,
    archive: Annotated[Path, typer.Argument(help="A file that `backup` wrote.")],
    state: State = DEFAULT_STATE,
    as_json: Json = False,
) -> None:
    """Bring back what `backup` wrote, every byte checked, into an empty graph and absent folders."""
    from recommender.service.backup import restore_archive

    with open_store(ctx) as store:
        report = restore_archive(store, state, archive)
    if as_json:
        return print_json(asdict(report))
    print_archived(report)
    if report.keys_left_out:
        say(f"The keys of stored patients were not in it: put field.keys into {state}.")


def print_archived(report: BackupReport) -> None:
    """Print what an archive holds."""
    rows = [[*row] for row in report.graph.items()]
    print_table(["what", "number"], [*rows, ["files", report.num_files], ["model folders", len(report.models)]])
