"""What scripts/bench --plot draws of its measurements."""
import os
import sys
import types
import xml.etree.ElementTree as ElementTree

import harness

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
SVG = "{http://www.w3.org/2000/svg}"
sys.path.insert(0, os.path.join(ROOT, "scripts"))

from benchmarks import plots  # noqa: E402
from benchmarks.session import Measurement  # noqa: E402


class PlotsTest(harness.CompatTest):
    needs_restic = False

    def test_bars_are_as_long_as_works_took(self):
        def took(seconds):
            measurement = Measurement()
            measurement.seconds.append(seconds)
            return measurement

        program = os.path.join(self.scratch, "restic")
        with open(program, "w", encoding="ascii") as file:
            file.write("#!/bin/sh\necho 'restic 9.9 compiled with'\n")
        os.chmod(program, 0o755)
        session = types.SimpleNamespace(programs={"restic": program}, rows={
            "first snapshot": {"snapfs": took(2), "restic": took(4)},
            "mount: find <all>": {"snapfs": took(1), "restic": took(10), "plain files": took(0.5)},
            "mount: only ours": {"snapfs": took(1)}})
        options = types.SimpleNamespace(sources=["/usr/include"], runs=3, plot=os.path.join(self.scratch, "plots"))
        plots.draw(session, options)
        self.assertEqual(sorted(os.listdir(options.plot)), ["mount.svg", "snapshot.svg"])

        def bars(name):
            root = ElementTree.parse(os.path.join(options.plot, name)).getroot()
            return ([float(rect.get("width")) for rect in root.iter(SVG + "rect") if rect.get("height") == "13"],
                    [text.text for text in root.iter(SVG + "text")])

        widths, texts = bars("snapshot.svg")
        self.assertAlmostEqual(widths[1], 2 * widths[0], delta=0.2)
        self.assertIn("4 s", texts)
        self.assertTrue(any("restic 9.9" in text and "/usr/include" in text for text in texts))
        widths, texts = bars("mount.svg")
        self.assertEqual(len(widths), 3)
        self.assertIn("find <all>", texts)
        self.assertNotIn("only ours", texts)

    def test_no_text_leaves_a_figure(self):
        """By an estimate: letters of wide fonts, such as DejaVu Sans, are 0.6 of their height."""
        directory = os.path.join(ROOT, "docs", "figures")
        looked_at = 0
        for name in sorted(set(os.listdir(directory)) - {"tour.svg"}):
            root = ElementTree.parse(os.path.join(directory, name)).getroot()
            size = float(root.get("font-size", 12))
            for text in root.iter(SVG + "text"):
                if text.get("text-anchor", "start") == "start" and not text.get("transform"):
                    end = float(text.get("x")) + 0.6 * float(text.get("font-size", size)) * len(text.text)
                    self.assertLessEqual(end, float(root.get("viewBox").split()[2]), f"{name}: {text.text}")
                    looked_at += 1
        self.assertGreater(looked_at, 20)


if __name__ == "__main__":
    harness.main()
