"""Pages: one HTML file each, without a network, for light and dark, a telephone and a keyboard."""

import base64
import html
from collections.abc import Iterable, Mapping, Sequence
from string import Template


def render(title: str, body: str, *, style: str = "") -> str:
    """Write a page.

    title (str): Its heading, as plain text.
    body (str): What follows the heading, as HTML.
    style (str): Rules of CSS of its own. Colors are to be the variables --ink, --soft, --paper,
        --line and --mark, which there are for light and dark.
    RETURNS (str): The page.
    """
    return PAGE.substitute(title=html.escape(title), style=style, body=body)


def sections(parts: Mapping[str, str]) -> str:
    """Sections by their headings, those that are not empty, after links to them, as HTML."""
    shown = {heading: part for heading, part in parts.items() if part}
    links = "".join(f'<li><a href="#{_id(name)}">{html.escape(name)}</a></li>' for name in shown)
    written = (
        f'<section aria-labelledby="{_id(name)}"><h2 id="{_id(name)}">{html.escape(name)}</h2>\n'
        f"{part}</section>"
        for name, part in shown.items()
    )
    return "\n".join([f'<nav aria-label="On this page"><ul>{links}</ul></nav>', *written])


def _id(heading: str) -> str:
    return heading.lower().replace(" ", "-")


def table(header: Sequence[str], rows: Iterable[Sequence[object]], *, caption: str = "") -> str:
    """A table whose first column is the heading of its row; numbers as `number` writes them.

    header (Sequence[str]): Headings of the columns.
    rows (Iterable[Sequence[object]]): Cells.
    caption (str): What the table shows, if no heading says so.
    RETURNS (str): HTML.
    """
    head = "".join(f'<th scope="col">{html.escape(cell)}</th>' for cell in header)
    body = "".join(
        f'<tr><th scope="row">{html.escape(number(first))}</th>'
        + "".join(f"<td>{html.escape(number(cell))}</td>" for cell in rest)
        + "</tr>"
        for first, *rest in rows
    )
    title = f"<caption>{html.escape(caption)}</caption>" if caption else ""
    name = html.escape(caption or header[0])  # of what scrolls, for those who listen
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{name}"><table>{title}'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def pictures(pngs: Mapping[str, bytes]) -> str:
    """Pictures side by side where there is room, each by what it shows, as HTML."""
    figures = (
        f"<figure>{image(png, caption)}<figcaption>{html.escape(caption)}</figcaption></figure>"
        for caption, png in pngs.items()
    )
    return f'<div class="pictures">{"".join(figures)}</div>'


def image(png: bytes, told: str) -> str:
    """A PNG within the page, and in words what it shows, as HTML."""
    data = base64.b64encode(png).decode()
    return f'<img alt="{html.escape(told)}" src="data:image/png;base64,{data}">'


def number(value: object) -> str:
    """Write a number as a table shows it; anything else as it is."""
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def probability(value: float) -> str:
    """Say how probable something is; what is nearly certain, without digits that mean nothing."""
    if 0.001 <= value <= 0.999:
        return f"probability {value:.3f}"
    return "probability above 0.999" if value > 0.5 else "probability below 0.001"


PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
:root { color-scheme: light dark; --ink: #20262b; --soft: #5b666e; --paper: #fff; --line: #d5dade;
  --mark: #eef2f5; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #dfe5e9; --soft: #9aa6ae; --paper: #15191c; --line: #3a4248; --mark: #232a2f; }
  figure img { background: #fff; border-radius: 4px; }
}
body { margin: 0 auto; max-width: 64rem; padding: 1rem; font: 16px/1.5 system-ui, sans-serif;
  color: var(--ink); background: var(--paper); overflow-wrap: break-word; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
.pictures { display: flex; flex-wrap: wrap; gap: 1rem; }
figure { margin: 0; flex: 1 1 18rem; } figure img { width: 100%; height: auto; }
figcaption, caption { font-size: .9rem; color: var(--soft); text-align: left; }
.wide { overflow-x: auto; } table { border-collapse: collapse; }
th, td { padding: .25rem .75rem; border-bottom: 1px solid var(--line); text-align: right; }
thead th { vertical-align: bottom; } tbody th { font-weight: inherit; }
th:first-child { text-align: left; }
$style
</style>
</head>
<body>
<h1>$title</h1>
$body
</body>
</html>
""")
