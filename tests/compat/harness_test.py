"""The harness itself: what was skipped does not pass for tried."""
import os
import subprocess
import sys
import tempfile
import unittest

import harness

TESTS = os.path.dirname(os.path.abspath(__file__))
REPORT = os.path.join(TESTS, "..", "..", "scripts", "lib", "skipped-tests")
SKIPPED = "    def test_{}(self):\n        self.skipTest('it is not installed')\n"
TRIED = "    def test_{}(self):\n        pass\n"
PROGRAM = "class It(harness.CompatTest):\n    needs_restic = False\n"
ITSELF = "class Itself(unittest.TestCase):\n"


class SkippedTest(unittest.TestCase):
    def run_tests(self, *parts):
        with tempfile.NamedTemporaryFile("w", suffix="_test.py") as file:
            file.write("import unittest\nimport harness\n" + "".join(parts) + "harness.main()\n")
            file.flush()
            return subprocess.run([sys.executable, file.name], env=os.environ | {"PYTHONPATH": TESTS}, check=False,
                                  capture_output=True, text=True)

    def test_what_was_skipped_altogether_has_a_status(self):
        everything = self.run_tests(PROGRAM, SKIPPED.format(1), SKIPPED.format(2))
        self.assertEqual(everything.returncode, 77)
        self.assertIn("It.test_2: it is not installed", everything.stdout)
        for parts, status in (((PROGRAM, SKIPPED.format(1), TRIED.format(2)), 0), ((PROGRAM, TRIED.format(1)), 0),
                              ((ITSELF, TRIED.format(1)), 0), ((ITSELF, SKIPPED.format(1)), 77),
                              ((PROGRAM, SKIPPED.format(1), ITSELF, TRIED.format(2)), 77),
                              ((PROGRAM, SKIPPED.format(1), "    def test_2(self):\n        self.fail()\n"), 1)):
            self.assertEqual(self.run_tests(*parts).returncode, status, parts)

    def report(self, *reasons, **environment):
        with tempfile.NamedTemporaryFile("w") as log:
            log.write("1/2 Testing: Suite.One\nx/one_test.cc:12: Skipped\n" + reasons[0] + "\n2/2 Testing: compat.two\n" +
                      "".join(f"skipped: two_test.py: __main__.Two.test_it: {reason}\n" for reason in reasons[1:]))
            log.flush()
            return subprocess.run([REPORT, log.name], env=os.environ | {"CI": ""} | environment, check=False,
                                  capture_output=True, text=True)

    def test_the_report_names_all_and_ci_wants_what_is_installed(self):
        known, unknown = "no caches can be dropped here", "restic is not installed"
        for reasons, status in (((known, known), 0), ((known, unknown), 1), ((unknown, known), 1)):
            for ci in "true", "":
                done = self.report(*reasons, CI=ci)
                self.assertEqual(done.returncode, status if ci else 0, done.stdout)
                self.assertIn(f"Suite.One: {reasons[0]}\n", done.stdout)
                self.assertIn(f"compat.two: __main__.Two.test_it: {reasons[1]}\n", done.stdout)


if __name__ == "__main__":
    harness.main()
