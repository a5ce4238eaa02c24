"""The table of all measurements."""
import os
import statistics
import subprocess

COLUMNS = ("snapfs", "restic", "plain files", "limit")


def show(session, options):
    if not session.rows:
        return
    print(f"\n{os.cpu_count()} cores; {' '.join(options.sources)}; "
          f"median of {options.runs} runs; {version_of(session.programs['restic'])}\n")
    print("| work | " + " | ".join(COLUMNS) + " | restic ÷ snapfs | snapfs ÷ plain | snapfs ÷ limit |")
    print("|---|" + "---:|" * (len(COLUMNS) + 3))
    for work, row in session.rows.items():
        cells = [row[column].show() if column in row else "–" for column in COLUMNS]
        ratios = [ratio(row, "restic", "snapfs"), ratio(row, "snapfs", "plain files"),
                  ratio(row, "snapfs", "limit")]
        print(f"| {work} | " + " | ".join(cells + ratios) + " |")
    if session.sizes:
        show_sizes(session.sizes)
    print()


def show_sizes(sizes):
    medians = {program: statistics.median(values) for program, values in sizes.items()}
    cells = [f"{medians[column] / 1e6:.0f} MB" if column in medians else "–" for column in COLUMNS]
    print("| repository size | " + " | ".join(cells) +
          f" | {medians['restic'] / medians['snapfs']:.3f} | – | – |")


def ratio(row, above, below):
    if above not in row or below not in row:
        return "–"
    return f"{row[above].median() / row[below].median():.1f} ×"


def version_of(program):
    return subprocess.run([program, "version"], capture_output=True, text=True,
                          check=True).stdout.strip().split(" compiled")[0]
