"""Prints the regions of an experiment's folder: t, and the share of random patches of cortex with a larger effect."""

import csv
import sys
from pathlib import Path

for path in sorted(Path(sys.argv[1]).glob("*_regions.tsv")):
    with open(path) as table:
        for row in csv.DictReader(table, delimiter="\t"):
            t = f"t = {float(row['t']):6.2f}" if row["t"] else ""
            larger = f"{100 * float(row['patches_larger']):5.1f} % of patches larger" if row["patches_larger"] else ""
            print(f"  {row['contrast']:<20} {row['region']:<18} {t}  {larger}")
