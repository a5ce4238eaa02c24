"""A figure of lines over two logarithmic axes, as SVG and with nothing but Python's own library."""
import html
import math

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 70, 215, 20, 50
COLOURS = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728")


class Axis:
    """From values to places, with room for the lowest and the highest value."""

    def __init__(self, values, low, high):
        logs = [math.log10(value) for value in values]
        margin = 0.05 * ((max(logs) - min(logs)) or 1)
        self.start, self.end = min(logs) - margin, max(logs) + margin
        self.low, self.high = low, high

    def place(self, value):
        share = (math.log10(value) - self.start) / (self.end - self.start)
        return self.low + share * (self.high - self.low)

    def ticks(self):
        """1, 2 and 5 of every power of ten within the axis."""
        powers = range(math.floor(self.start), math.ceil(self.end) + 1)
        candidates = [digit * 10.0**power for power in powers for digit in (1, 2, 5)]
        return [tick for tick in candidates if self.start <= math.log10(tick) <= self.end]


def text(x, y, words, anchor="middle", more=""):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{more}>'
            f"{html.escape(words)}</text>")


def rule(x1, y1, x2, y2, colour="#dddddd"):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'


def axes(x_axis, x_title, y_axis, y_title):
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    parts = []
    for tick in x_axis.ticks():
        parts.append(rule(x_axis.place(tick), TOP, x_axis.place(tick), bottom))
        parts.append(text(x_axis.place(tick), bottom + 18, f"{tick:,.10g}"))
    for tick in y_axis.ticks():
        parts.append(rule(LEFT, y_axis.place(tick), right, y_axis.place(tick)))
        parts.append(text(LEFT - 8, y_axis.place(tick) + 4, f"{tick:g}", "end"))
    parts.append(rule(LEFT, bottom, right, bottom, "#333333"))
    parts.append(rule(LEFT, TOP, LEFT, bottom, "#333333"))
    parts.append(text((LEFT + right) / 2, HEIGHT - 10, x_title))
    middle = (TOP + bottom) / 2
    parts.append(text(18, middle, y_title, more=f' transform="rotate(-90 18 {middle:.1f})"'))
    return parts


def curve(x_axis, y_axis, line, number):
    """One line, its points, and its entry in the legend on the right."""
    look = f'stroke="{line["colour"]}" stroke-width="2" fill="none"'
    if line["dashed"]:
        look += ' stroke-dasharray="6 4"'
    places = [(x_axis.place(x), y_axis.place(y)) for x, y in line["points"]]
    parts = [f'<polyline {look} points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in places)}"/>']
    parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{line["colour"]}"/>'
              for x, y in places]
    start, y = WIDTH - RIGHT + 12, TOP + 12 + 20 * number
    parts.append(f'<line {look} x1="{start}" y1="{y}" x2="{start + 24}" y2="{y}"/>')
    parts.append(text(start + 30, y + 4, line["name"], "start"))
    return parts


def svg(lines, x_title, y_title):
    """`lines`: dictionaries with name, colour, dashed and points, which are pairs above zero."""
    points = [point for line in lines for point in line["points"]]
    x_axis = Axis([x for x, _ in points], LEFT, WIDTH - RIGHT)
    y_axis = Axis([y for _, y in points], HEIGHT - BOTTOM, TOP)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
             'font-family="sans-serif" font-size="12">',
             f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>']
    parts += axes(x_axis, x_title, y_axis, y_title)
    for number, line in enumerate(lines):
        parts += curve(x_axis, y_axis, line, number)
    return "\n".join([*parts, "</svg>", ""])
