"""A link as a QR code, drawn in the page itself: nothing is asked of another site."""

import segno
from markupsafe import Markup


def qr_code(link: str) -> Markup:
    """The picture, as SVG without styles of its own, which the content security policy would not draw."""
    drawn = segno.make(link, error="m", micro=False)
    width = drawn.symbol_size(border=4)[0]
    rows = enumerate(drawn.matrix_iter(border=4))
    dark = "".join(f"M{x} {y}h1v1h-1z" for y, row in rows for x, cell in enumerate(row) if cell)
    return Markup(
        '<svg class="qr" role="img" aria-label="二维码" viewBox="0 0 {0} {0}" shape-rendering="crispEdges">'
        '<path fill="#fff" d="M0 0h{0}v{0}h-{0}z"/><path fill="#000" d="{1}"/></svg>'
    ).format(width, dark)
