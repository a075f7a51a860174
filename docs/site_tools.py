"""Build this site: names of methods, options of the gallery, and a check of the links."""

import inspect
import sys
import tomllib
import warnings
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote, urljoin, urlsplit

PROJECT = Path(__file__).resolve().parents[1]
# The address that the display of an estimator and the package index link to.
HOME = "https://skrnn.readthedocs.io/en/stable/"


def methods_of_classes(module: ModuleType) -> dict[str, list[str]]:
    """Return, by the full name of each public class, the methods that this project defines.

    The methods of scikit-learn's base classes are left out: scikit-learn documents them.
    """
    public = {f"{module.__name__}.{name}": getattr(module, name) for name in module.__all__}
    return {
        full_name: [
            name
            for name, method in inspect.getmembers(value, callable)
            if not name.startswith("_") and _home_of(method).startswith(module.__name__)
        ]
        for full_name, value in public.items()
        if inspect.isclass(value)
    }


def quick_option(gallery_conf: dict, script_vars: dict) -> list[str]:
    """Return the command line of the examples that the gallery runs."""
    return ["--quick"]


def warn_without_paths(gallery_conf: dict, script: str) -> None:
    """Let warnings name a file without its folder: no page shows a path of this machine."""

    def briefly(message, category, filename, lineno, line=None):
        return f"{Path(filename).name}:{lineno}: {category.__name__}: {message}\n"

    warnings.formatwarning = briefly


def warn_of_faults(app, exception) -> None:
    """Warn, at the end of a build, of links that lead nowhere and of paths of this machine."""
    from sphinx.util import logging

    if exception is None and app.builder.format == "html":
        site = Path(app.outdir)
        of_machine = [str(PROJECT), *([sys.prefix] if sys.prefix != sys.base_prefix else [])]
        for fault in [
            *broken_links(site, project_urls()),
            *pages_that_hold(site, of_machine),
        ]:
            logging.getLogger(__name__).warning(fault)


def project_urls() -> list[str]:
    """Return the addresses that the package index shows."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    return list(project["urls"].values())


def broken_links(site: Path, addresses: Iterable[str] = ()) -> list[str]:
    """Return a line for each link of a built site that leads to no page, file or anchor of it.

    Links to other sites are not followed. `addresses` are looked for too, if they are of this site.
    """
    found = {path: _read(path) for path in _pages(site)}
    anchors = {path: page.anchors for path, page in found.items()}
    faults = [
        f"{path.relative_to(site)}: {link} leads nowhere"
        for path, page in found.items()
        for link in sorted(page.links)
        if not _leads_somewhere(_within_site(link, path, site), site, anchors)
    ]
    inside = [a for a in addresses if a.startswith(HOME)]
    return faults + [
        f"pyproject.toml: {address} leads nowhere"
        for address in inside
        if not _leads_somewhere(address.removeprefix(HOME), site, anchors)
    ]


def pages_that_hold(site: Path, texts: Iterable[str]) -> list[str]:
    """Return a line for each built page that holds one of the texts."""
    return [
        f"{path.relative_to(site)}: holds {text}, a path of this machine"
        for path in _pages(site)
        for text in texts
        if text in path.read_text("utf-8")
    ]


class _Page(HTMLParser):
    """The links and the anchors of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.anchors: set[str] = set()

    def handle_starttag(self, tag, attrs) -> None:
        for name, value in attrs:
            if value and name in {"href", "src"}:
                self.links.add(value)
            if value and name in {"id", "name"}:
                self.anchors.add(value)


def _pages(site: Path) -> list[Path]:
    # The folder _static holds templates of the theme.
    return [path for path in sorted(site.rglob("*.html")) if "_static" not in path.parts]


def _read(path: Path) -> _Page:
    page = _Page()
    page.feed(path.read_text("utf-8"))
    return page


def _within_site(link: str, path: Path, site: Path) -> str | None:
    """Return the place in the site that a link of a page means; None is a link to another site."""
    if link.startswith(HOME):
        return link.removeprefix(HOME)
    if urlsplit(link).scheme or urlsplit(link).netloc:
        return None
    return urljoin(path.relative_to(site).as_posix(), link)


def _leads_somewhere(place: str | None, site: Path, anchors: dict[Path, set[str]]) -> bool:
    if place is None:
        return True
    parts = urlsplit(place)
    target = site / unquote(parts.path)
    if target.is_dir():
        target /= "index.html"
    known = target.exists()
    if known and parts.fragment and target in anchors:
        return unquote(parts.fragment) in anchors[target]
    return known


def _home_of(method) -> str:
    return getattr(inspect.unwrap(method), "__module__", None) or ""
