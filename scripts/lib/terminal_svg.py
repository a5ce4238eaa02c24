"""Lines of a terminal as an SVG that plays them. Where animations are off, or not known, it shows all lines at once. It needs
no font from elsewhere: every run of text is stretched to its columns in whatever monospaced font there is."""
import html

CELL_WIDTH, LINE_HEIGHT, FONT_SIZE, MARGIN, GAP = 8.4, 19, 14, 16, 8
BACKGROUND, FOREGROUND = "#1d2127", "#d9dde4"
# The colours of a terminal, light enough for the dark ground.
PALETTE = ("#7f8793", "#f07178", "#98c379", "#e5c07b", "#6cb2f5", "#d191e6", "#5cc4d0", "#ffffff")

# A cover slides off the typed command, a character at a time, and is not there at all without animation.
STYLE = """
text { white-space: pre; fill: %(foreground)s }
.p { fill: %(prompt)s } .c { fill: %(comment)s } .b { font-weight: bold } .k { fill: %(background)s; display: none }
%(colours)s
@media (prefers-reduced-motion: no-preference) {
  .l { opacity: 0; animation: appear 1ms linear forwards }
  .k { display: inline; animation-name: slide, vanish; animation-fill-mode: forwards }
}
@keyframes appear { to { opacity: 1 } }
@keyframes slide { to { transform: translateX(var(--w)) } }
@keyframes vanish { to { visibility: hidden } }
""".strip()


def tops(lines):
    """Where each line begins, and where the last one ends: a command stands a little apart from what is above it."""
    found, top = [], MARGIN
    for line in lines:
        if found and line.source == "typed":
            top += GAP
        found.append(top)
        top += LINE_HEIGHT
    return found, top


def number(value):
    return f"{value:.2f}".rstrip("0").rstrip(".")


def run_of_text(column, top, text, classes):
    chosen = f' class="{" ".join(classes)}"' if classes else ""
    return (f'<text x="{number(MARGIN + column * CELL_WIDTH)}" y="{top + FONT_SIZE}" xml:space="preserve" '
            f'textLength="{number(len(text) * CELL_WIDTH)}" lengthAdjust="spacingAndGlyphs"{chosen}>{html.escape(text, quote=False)}</text>')


def line_of_output(top, line):
    parts = []
    for column, text, look in line.spans():
        classes = ([f"f{look.colour}"] if look.colour is not None else []) + (["b"] if look.bold else [])
        parts.append(run_of_text(column, top, text, classes))
    return parts


def line_typed(top, line):
    """A prompt, a command, and what is said about it behind a number sign."""
    text = line.text()
    command, mark, comment = text.partition("  # ")
    parts = [run_of_text(0, top, text[0], ["p"]), run_of_text(2, top, command[2:], ["b"])]
    if mark:
        parts.append(run_of_text(len(command) + 2, top, "# " + comment, ["c"]))
    return parts


def cover(top, line, seconds):
    """What hides the command until it is typed, from the second character after the prompt on."""
    length = len(line.text()) - 2
    width = number(length * CELL_WIDTH)
    start, took = number(line.second), number(seconds)
    return (f'<rect class="k" x="{number(MARGIN + 2 * CELL_WIDTH)}" y="{top}" width="{width}" height="{LINE_HEIGHT}" '
            f'style="--w:{width}px;animation-duration:{took}s,1ms;animation-delay:{start}s,{number(line.second + seconds)}s;'
            f'animation-timing-function:steps({length}),linear"/>')


def picture(lines, columns, title, description, typing_seconds):
    """`lines`: in order, as screen.Line; those whose source is "typed" take `typing_seconds` a character."""
    starts, bottom = tops(lines)
    width, height = number(columns * CELL_WIDTH + 2 * MARGIN), bottom + MARGIN
    style = STYLE % {"foreground": FOREGROUND, "background": BACKGROUND, "prompt": PALETTE[2], "comment": "#a3abb8",
                     "colours": " ".join(f".f{index} {{ fill: {colour} }}" for index, colour in enumerate(PALETTE))}
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
             f'font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, \'DejaVu Sans Mono\', \'Liberation Mono\', monospace" '
             f'font-size="{FONT_SIZE}">',
             f"<title>{html.escape(title)}</title>", f"<desc>{html.escape(description)}</desc>", f"<style>{style}</style>",
             f'<rect width="{width}" height="{height}" rx="8" fill="{BACKGROUND}"/>']
    for top, line in zip(starts, lines):
        typed = line.source == "typed"
        drawn = line_typed(top, line) if typed else line_of_output(top, line)
        if not drawn:
            continue
        parts.append(f'<g class="l" style="animation-delay:{number(line.second)}s">')
        parts += drawn
        parts.append("</g>")
        if typed:
            parts.append(cover(top, line, typing_seconds * (len(line.text()) - 2)))
    return "\n".join([*parts, "</svg>", ""])
