"""How is a notebook executed about a month, and how is its executed copy kept as evidence?

It reads the analysts' file and nothing else. Papermill puts the period into it and executes it in its own
process; the executed copy and a page made of it are stored as documents, under the digest of their bytes.
"""

from __future__ import annotations

import os
from calendar import monthrange
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipelines.session import Session, product_version
from warehouse.documents import Document, Said, add
from warehouse.store import Home

FOLDER = Path(__file__).parent.parent / "notebooks"
AUTHOR = "evidence-warehouse"
"""Who an executed notebook is by: nobody wrote a figure of it."""
UNREVIEWED = "not reviewed"
"""Who has approved it when it is stored; a reviewer adds it again with a name, as `evidence add` explains."""


class NotebookFailed(Exception):
    """A notebook could not be executed to its end; nothing was stored."""


@dataclass(frozen=True)
class Executed:
    """An executed notebook: itself, and the page made of it."""

    name: str
    notebook: Path
    page: Path


@cache
def names() -> tuple[str, ...]:
    """Return the notebooks there are, by their file's name."""
    return tuple(sorted(file.stem for file in FOLDER.glob("*.ipynb")))


def title_of(name: str) -> str:
    """Return a notebook's first heading: the question it answers."""
    import nbformat

    first = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4).cells[0].source.splitlines()[0]
    return str(first).lstrip("# ")


def month_of(month: str) -> tuple[date, date]:
    """Return the first and last day of a month written as 2026-03. Raises ValueError."""
    first = date.fromisoformat(f"{month}-01")
    return first, first.replace(day=monthrange(first.year, first.month)[1])


def execute(home: Home, name: str, first: date, last: date, currency: str, into: Path) -> Executed:
    """Execute a notebook about a period and a currency and return where the copy and its page are.

    Raises NotebookFailed with the cell's own error; the half-executed copy stays in `into` for a look at it.
    """
    import papermill
    from papermill.exceptions import PapermillExecutionError

    if name not in names():
        raise NotebookFailed(f"There is no notebook {name!r}; there are {', '.join(names())}.")
    if not home.warehouse.is_file():
        raise NotebookFailed(
            f"There is no {home.warehouse} for {name} to read. Run `evidence publish` first; then try again."
        )
    into.mkdir(parents=True, exist_ok=True)
    copy = into / f"{name}-{first}-{last}.ipynb"
    with _undisturbed(home):
        try:
            papermill.execute_notebook(
                str(FOLDER / f"{name}.ipynb"),
                str(copy),
                parameters={
                    "period_start": first.isoformat(),
                    "period_end": last.isoformat(),
                    "currency": currency,
                },
                kernel_name="python3",
                kernel_manager_class=_kernels(),
                progress_bar=False,
                log_output=False,
            )
        except PapermillExecutionError as error:
            raise NotebookFailed(
                f"{name}, cell {error.exec_count}: {error.ename}: {error.evalue}. Nothing was stored; "
                f"the copy is {copy}. A retry helps only once the cause is mended."
            ) from None
    _forget_paths(copy)
    page = copy.with_suffix(".html")
    page.write_text(page_of(copy, title_of(name)), encoding="utf-8")
    return Executed(name, copy, page)


def _forget_paths(copy: Path) -> None:
    """Take out of a copy where on this machine it was made: that is no evidence, and differs everywhere."""
    import nbformat

    executed = nbformat.read(copy, as_version=4)
    for name in ("input_path", "output_path", "environment_variables"):
        executed.metadata.get("papermill", {}).pop(name, None)
    nbformat.write(executed, copy)


def keep(session: Session, executed: Executed, last: date) -> list[Document]:
    """Store an executed notebook and its page as documents and return them."""
    documents = []
    for file in (executed.notebook, executed.page):
        document, _ = add(
            session.store,
            session.index,
            content=file.read_bytes(),
            file_name=file.name,
            said=Said(
                kind="notebook",
                title=f"{title_of(executed.name)} ({last:%B %Y})",
                effective_on=last,
                author=AUTHOR,
                approver=UNREVIEWED,
            ),
            at=session.clock.now(),
            run=session.run,
            version=product_version(),
        )
        documents.append(document)
    return documents


def page_of(copy: Path, title: str) -> str:
    """Return an executed notebook as one page: pictures inside it, no script, nothing fetched."""
    import nbformat
    from jinja2 import Environment, FileSystemLoader, select_autoescape
    from nbconvert import HTMLExporter

    from warehouse.audit import charts

    exporter = HTMLExporter(template_name="basic", exclude_input=True, exclude_output_prompt=True)
    body, _ = exporter.from_notebook_node(nbformat.read(copy, as_version=4))
    templates = Environment(
        loader=FileSystemLoader(Path(charts.__file__).parent), autoescape=select_autoescape()
    )
    return templates.get_template("notebook.html.j2").render(title=title, body=body)


def _kernels() -> type[Any]:
    """Return what starts the notebook's process: reached by files of this user, not through the network."""
    from jupyter_client.manager import AsyncKernelManager

    class Kernels(AsyncKernelManager):
        transport = "ipc"

    return Kernels


@contextmanager
def _undisturbed(home: Home) -> Iterator[None]:
    """Let the notebook's process find the home, and keep what Jupyter writes about itself out of people's."""
    with TemporaryDirectory(prefix="notebook-") as folder:
        wanted: Mapping[str, str] = {
            "EVIDENCE_HOME": str(home.path),
            "IPYTHONDIR": folder,
            "JUPYTER_RUNTIME_DIR": folder,
            "JUPYTER_CONFIG_DIR": folder,
            "JUPYTER_PLATFORM_DIRS": "1",
            "MPLCONFIGDIR": folder,
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # it would warn about frozen modules in every copy
        }
        before = {name: os.environ.get(name) for name in wanted}
        os.environ.update(wanted)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value
