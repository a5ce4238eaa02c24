"""A strict reader of Prometheus' text format, version 0.0.4, written from its definition
(https://prometheus.io/docs/instrumenting/exposition_formats/) and that of names
(https://prometheus.io/docs/concepts/data_model/)."""
import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"'
SAMPLE = re.compile(rf"({NAME})(?:\{{((?:{LABEL}(?:,{LABEL})*)?)\}})? ([^ ]+)(?: (-?[0-9]+))?")
HELP = re.compile(rf"# HELP ({NAME}) ((?:[^\\\n]|\\[\\n])*)")
TYPE = re.compile(rf"# TYPE ({NAME}) (counter|gauge|histogram|summary|untyped)")
ESCAPES = {"\\\\": "\\", "\\n": "\n", '\\"': '"'}


class NotExposition(Exception):
    """The text is not in the format."""


def read(text):
    """{name: {labels as a frozenset of pairs: value}}; raises NotExposition for anything but the format, and for
    what it forbids or advises against: families in pieces, without TYPE or HELP, or a sample that comes twice."""
    if text and not text.endswith("\n"):
        raise NotExposition("the last line has no end")
    families, types, helps, current = {}, {}, set(), None
    for number, line in enumerate(text.split("\n")[:-1], 1):
        def refuse(why, number=number, line=line):
            raise NotExposition(f"line {number}: {why}: {line!r}")
        if line.startswith("#"):
            match = HELP.fullmatch(line) or TYPE.fullmatch(line) or refuse("no HELP and no TYPE")
            name = match[1]
            known = helps if line.startswith("# HELP") else types
            if name in known or name in families:
                refuse("a second one, or one behind its samples")
            if known is helps:
                helps.add(name)
            else:
                types[name] = match[2]
            current = name
            continue
        match = SAMPLE.fullmatch(line) or refuse("no sample")
        name = match[1]
        if name not in types or name not in helps:
            refuse("no HELP or no TYPE before it")
        if name != current:
            refuse("the family is in pieces")
        pairs = re.findall(LABEL, match[2] or "")
        if len({label for label, _ in pairs}) < len(pairs) or any(label.startswith("__") for label, _ in pairs):
            refuse("a label comes twice, or is reserved")
        labels = frozenset((label, re.sub(r"\\.", lambda found: ESCAPES[found[0]], value)) for label, value in pairs)
        value = {"+Inf": float("inf"), "-Inf": float("-inf"), "NaN": float("nan")}.get(match[7])
        if value is None:
            if not re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", match[7]):
                refuse("no number")
            value = float(match[7])
        if types[name] == "counter" and (not name.endswith("_total") or value < 0):
            refuse("a counter is called _total and not negative")
        samples = families.setdefault(name, {})
        if labels in samples:
            refuse("a second time")
        samples[labels] = value
    if types.keys() != families.keys() or helps != families.keys():
        raise NotExposition(f"no samples of {(types.keys() | helps) - families.keys()}")
    return families
