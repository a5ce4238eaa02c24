"""Bars of seconds beside each other, one group for each work, as SVG and with nothing but Python's own library. Works that take
half a second and half a minute stand in one figure, so each group has a scale of its own: bars are compared within it."""
from benchmarks.figure import COLOURS, text

WIDTH, LEFT, RIGHT, TOP = 720, 20, 110, 56
BAR, GAP, TITLE = 16, 18, 20


def svg(title, note, groups):
    """`groups`: pairs of a work and a dictionary from a program's name to its seconds, of which at least one is above zero."""
    names = list(dict.fromkeys(name for _, bars in groups for name in bars))
    colours = dict(zip(names, COLOURS))
    parts, y = [], TOP
    for work, bars in groups:
        parts += group(work, bars, colours, y)
        y += TITLE + BAR * len(bars) + GAP
    parts.append(text(LEFT, y + 4, note, "start", ' fill="#555555" font-size="11"'))
    head = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 20}" font-family="sans-serif" font-size="12">',
            f'<rect width="{WIDTH}" height="{y + 20}" fill="white"/>', text(LEFT, 24, title, "start", ' font-size="15"')]
    return "\n".join([*head, *legend(colours), *parts, "</svg>", ""])


def legend(colours):
    parts, x = [], LEFT
    for name, colour in colours.items():
        parts.append(f'<rect x="{x}" y="36" width="12" height="12" fill="{colour}"/>')
        parts.append(text(x + 17, 46, name, "start"))
        x += 40 + 7 * len(name)
    return parts


def group(work, bars, colours, y):
    parts = [text(LEFT, y + 14, work, "start", ' font-weight="bold"')]
    longest = max(bars.values())
    for number, (name, seconds) in enumerate(bars.items()):
        top, width = y + TITLE + BAR * number, (WIDTH - LEFT - RIGHT) * seconds / longest
        parts.append(f'<rect x="{LEFT}" y="{top}" width="{width:.1f}" height="{BAR - 3}" fill="{colours[name]}"/>')
        parts.append(text(LEFT + width + 6, top + 11, f"{seconds:.3g} s", "start"))
    return parts
