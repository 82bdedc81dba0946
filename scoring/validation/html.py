"""A document as one HTML file: no script, nothing fetched, readable in print, without colour and aloud."""

from html import escape

from scoring.definition import Text
from scoring.validation import sections
from scoring.validation.content import Figure, Judgements, Page, Paragraph, Part, Section, Table
from scoring.validation.report import ValidationReport

STYLE = """
:root{color-scheme:light}
body{font:16px/1.65 'Noto Sans CJK SC','Noto Sans SC','Microsoft YaHei','PingFang SC',sans-serif;
 color:#111;background:#fff;max-width:60rem;margin:0 auto;padding:1.5rem}
h1{font-size:1.7rem;line-height:1.3}
h2{font-size:1.3rem;border-bottom:2px solid #111;margin-top:2.4rem;padding-bottom:.2rem}
.en{color:#444;font-size:.86em;font-weight:400;margin-left:.3em}
h1 .en,h2 .en,p .en,li .en{display:block;margin-left:0}
h2 .en{display:inline;margin-left:.4em}
td .en,th .en{display:block;margin-left:0}
.banner{border:3px double #111;padding:.5rem 1rem;font-weight:700}
nav ul{columns:2;padding-left:1.2rem}
a{color:#00408c}
a:focus-visible,[tabindex]:focus-visible{outline:3px solid #00408c;outline-offset:2px}
.judgements{list-style:none;padding:0}
.judgements li{display:grid;grid-template-columns:7.5rem 1fr;border-bottom:1px solid #bbb;padding:.45rem 0}
.verdict{font-weight:700}
.scroll{overflow-x:auto;margin:1rem 0}
table{border-collapse:collapse;font-size:.9rem;width:100%}
caption{text-align:left;font-weight:700;padding:.3rem 0}
th,td{border:1px solid #999;padding:.25rem .5rem;text-align:left;vertical-align:top}
thead th{background:#eee;line-height:1.35}
.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.words{overflow-wrap:anywhere;min-width:6rem}
figure{margin:1.2rem 0;border:1px solid #bbb;padding:.6rem}
figcaption{font-weight:700}
svg{width:100%;height:auto;display:block}
@media print{body{max-width:none;padding:0;font-size:11pt}nav{display:none}.scroll{overflow:visible}
 figure,tr,.judgements li{break-inside:avoid}h2,caption{break-after:avoid}table{font-size:8.5pt}}
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def to_html(report: ValidationReport) -> str:
    """A validation report as one HTML file."""
    return render(sections.page(report))


def render(page: Page) -> str:
    """A document as one HTML file."""
    banner = f'<p class="banner" role="note">{_both(page.banner)}</p>' if page.banner else ""
    links = "".join(f'<li><a href="#{item.key}">{escape(item.title.zh)}</a></li>' for item in page.sections)
    return (
        '<!DOCTYPE html>\n<html lang="zh-CN"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(page.title.zh)}</title><style>{STYLE}</style></head>\n"
        f"<body><header><h1>{_both(page.title)}</h1>{banner}</header>\n"
        f'<nav aria-label="目录"><ul>{links}</ul></nav>\n<main>'
        f"{''.join(_section(item) for item in page.sections)}</main></body></html>\n"
    )


def _section(section: Section) -> str:
    parts = "\n".join(_part(part, at=f"{section.key}-{at}") for at, part in enumerate(section.parts))
    key = escape(section.key)
    return f'<section aria-labelledby="{key}"><h2 id="{key}">{_both(section.title)}</h2>\n{parts}</section>\n'


def _part(part: Part, *, at: str) -> str:
    if isinstance(part, Paragraph):
        return f"<p>{_both(part.text)}</p>"
    if isinstance(part, Judgements):
        items = "".join(
            f'<li><span class="verdict"><span aria-hidden="true">{escape(item.mark)}</span> '
            f"{_both(item.verdict)}</span><span>{_both(item.text)}</span></li>"
            for item in part.items
        )
        return f'<ul class="judgements">{items}</ul>'
    if isinstance(part, Figure):
        return f"<figure><figcaption>{_both(part.caption)}</figcaption>{part.svg}</figure>"
    return _table(part, at=at)


def _table(table: Table, *, at: str) -> str:
    head = "".join(f'<th scope="col">{_both(cell)}</th>' for cell in table.header)
    rows = "".join(f"<tr>{_row(row, table)}</tr>" for row in table.rows)
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-labelledby="{at}"><table>'
        f'<caption id="{at}">{_both(table.caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row(row: tuple[Text, ...], table: Table) -> str:
    first = f'<th scope="row">{_both(row[0])}</th>'
    rest = [
        f'<td class="{"number" if table.is_number(at) else "words"}">{_both(cell)}</td>'
        for at, cell in enumerate(row[1:], start=1)
    ]
    return first + "".join(rest)


def _both(text: Text) -> str:
    """Chinese first, English after it and marked as such."""
    first = escape(text.zh)
    return (
        first if text.en in ("", text.zh) else f'{first}<span class="en" lang="en">{escape(text.en)}</span>'
    )
