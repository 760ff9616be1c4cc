"""`botus web`."""

from __future__ import annotations

import sys
import time

import click

from botus import shutdown
from botus.cli.epilog import SCHEDULE, epilog
from botus.cli.options import Common, common, proxy_option
from botus.cli.output import to_stdout
from botus.errors import SettingsError


@click.command(
    epilog=epilog(
        "botus web --host-name bot.example --proxy 127.0.0.1",
        f"platforms {SCHEDULE} post_only post_order web_link",
    )
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", default=8017, show_default=True, type=click.IntRange(0, 65535), help="0 for any.")
@click.option("--host-name", "names", multiple=True, metavar="NAME", help="A name that browsers know it by.")
@proxy_option
@click.option("--login", is_flag=True, help="Print a new login for a page that is running.")
@click.option("--logout", is_flag=True, help="End all logins.")
@common
def web(
    values: Common, host: str, port: int, names: tuple[str, ...], proxy: str, login: bool, logout: bool
) -> None:
    """Review, queue and state in a browser, also on a phone."""
    from botus.web.access import Access, is_served

    if login and logout:
        raise click.UsageError("say only one of --login and --logout")
    settings = values.existing
    if logout:
        Access(settings.data, time.time).end_all()
        said = "every device is logged out, and no login that was printed is good any more"
        values.result([said], lambda: {"said": said})
        return
    if login:
        if not is_served(settings.data):
            raise SettingsError(f"no page of {settings.data} is running", "start it: botus web")
        _show(values, Access(settings.data, time.time).invite())
        return
    shutdown.exit_on_sigterm()  # while it is still loading; then the page takes the signals
    from botus.web.serving import Binding, opened

    with opened(settings, Binding(host, port, names, proxy), values.say) as page:
        _show(values, page.login, f"The page is at {page.address}")
        page.run()


def _show(values: Common, login: str, *before: str) -> None:
    """Print the address that lets somebody in, and on a terminal its picture for a phone."""
    rows = [*before, "This address lets you in, once, within the next five minutes:", login]
    values.result(rows, lambda: {"login": login})
    if sys.stdout.isatty() and not values.as_json:
        from botus.web.serving import picture

        to_stdout(picture(login))
