"""What was measured over a distance, and the table of it."""
import statistics


class Sample:
    """One program at one piece of work, once. `traffic` may be None, and `peak_kib`."""

    def __init__(self, seconds, peak_kib=None, traffic=None):
        self.seconds = seconds
        self.peak_kib = peak_kib
        self.traffic = traffic


class Goal:
    """What was asked for: any of at most so many seconds, so many times as fast as restic, so many
    requests under way at once."""

    def __init__(self, seconds=None, ratio=None, at_once=None):
        self.seconds = seconds
        self.ratio = ratio
        self.at_once = at_once

    def show(self, cell):
        """With a word when it is not reached. `cell` has the medians of one row."""
        asked = []
        if self.seconds is not None:
            asked.append((f"≤ {self.seconds:.2f} s", cell("snapfs", "seconds") <= self.seconds))
        if self.ratio is not None:
            ratio = cell("restic", "seconds") / cell("snapfs", "seconds")
            asked.append((f"≥ {self.ratio:g} ×", ratio >= self.ratio))
        if self.at_once is not None:
            asked.append((f"≥ {self.at_once} at once",
                          cell("snapfs", "at_once") >= self.at_once))
        return ", ".join(words if met else f"**{words}: missed**" for words, met in asked) or "–"


class FarTable:
    """Of one server at one distance."""

    def __init__(self, title):
        self.title = title
        self.rows = {}  # work → program → samples
        self.goals = {}  # work → Goal

    def record(self, work, program, sample, goal):
        self.rows.setdefault(work, {}).setdefault(program, []).append(sample)
        self.goals[work] = goal

    def show(self):
        print(f"\n{self.title}\n")
        print("| work | restic | snapfs | restic ÷ snapfs | requests, restic / snapfs | at once "
              "| memory | goal |")
        print("|---|---:|---:|---:|---:|---:|---:|---|")
        for work, samples in self.rows.items():
            def cell(program, what, samples=samples):
                return median(samples.get(program, []), what)

            def pair(what, form, cell=cell):
                values = [cell(program, what) for program in ("restic", "snapfs")]
                return " / ".join("–" if value is None else form(value) for value in values)

            restic, snapfs = cell("restic", "seconds"), cell("snapfs", "seconds")
            ratio = f"{restic / snapfs:.2f} ×"
            print(f"| {work} | {restic:.2f} s | {snapfs:.2f} s | {ratio} "
                  f"| {pair('requests', '{:,.0f}'.format)} | {pair('at_once', '{:.0f}'.format)} "
                  f"| {pair('memory', '{:.0f}'.format)} MB | {self.goals[work].show(cell)} |",
                  flush=True)


def median(samples, what):
    """None when it was not measured."""
    values = [value_of(sample, what) for sample in samples]
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def value_of(sample, what):
    if what == "seconds":
        return sample.seconds
    if what == "memory":
        return None if sample.peak_kib is None else sample.peak_kib / 1024
    return None if sample.traffic is None else getattr(sample.traffic, what)
