"""Tryton's marketing automation beside ours: `VENV/bin/python bench/tryton.py FOLDER SMTP_PORT N`.

One scenario, one e-mail; run in an environment with trytond and trytond_marketing_automation.
Prints the seconds and the CPU seconds of rendering, sending and marking N records as done.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

_CONFIG = """[database]
uri = sqlite://
path = {folder}
[email]
uri = smtp://127.0.0.1:{port}
from = dana@example.org
"""
_BODY = "<html><body><p>Hi ${record.rec_name}, the fee is <b>140</b>.</p></body></html>"


def install(folder: Path, port: int) -> Path:
    """A database with the modules in it; the configuration's path."""
    config, password = folder / "trytond.conf", folder / "password"
    config.write_text(_CONFIG.format(folder=folder, port=port))
    password.write_text("bench")
    (folder / "bench.sqlite").touch()
    admin = Path(sys.executable).with_name("trytond-admin")
    command = [admin, "-c", config, "-d", "bench", "-u", "marketing_automation", "--activate-dependencies"]
    subprocess.run(
        [*command, "--email", "a@example.org"], check=True, env=os.environ | {"TRYTONPASSFILE": str(password)}
    )
    return config


def main(folder: Path, port: int, count: int) -> None:
    from trytond import config  # the configuration comes before everything else

    config.update_etc(str(install(folder, port)))
    from trytond.pool import Pool
    from trytond.transaction import Transaction
    from trytond.worker import run_task

    Pool.start()
    pool = Pool("bench")
    with Transaction().start("bench", 0):
        pool.init()
        user = pool.get("res.user").search([("login", "=", "admin")])[0].id
    with Transaction().start("bench", user, context={"_skip_warnings": True}):
        _begin(pool, count)
    with Transaction().start("bench", user) as transaction:
        wall, cpu = time.perf_counter(), time.process_time()
        pool.get("marketing.automation.record.activity").process()
        transaction.commit()
        tasks = list(transaction.tasks)
    while tasks:
        run_task(pool, tasks.pop())
    print(time.perf_counter() - wall, time.process_time() - cpu)


def _begin(pool: "Pool", count: int) -> None:  # noqa: F821 - known in that environment only
    """The parties, and the scenario they all enter."""
    english = pool.get("ir.lang").search([("code", "=", "en")])[0]
    pool.get("party.party").create(
        [
            {
                "name": f"C{n} Bench",
                "lang": english.id,
                "addresses": [],
                "contact_mechanisms": [("create", [{"type": "email", "value": f"c{n}@example.org"}])],
            }
            for n in range(count)
        ]
    )
    scenarios = pool.get("marketing.automation.scenario")
    scenario = scenarios(name="Bench", model="party.party", domain='[["name", "like", "% Bench"]]')
    scenario.save()
    activity = pool.get("marketing.automation.activity")(
        name="mail", parent=scenario, action="send_email", email_title="Welcome", email_template=_BODY,
        email_from="dana@example.org",
    )  # fmt: skip
    activity.save()
    scenarios.run([scenario])
    scenarios.trigger([scenario])


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
