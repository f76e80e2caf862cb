"""The graph and the variants of a log by PM4Py: with_pm4py.py PART FILE.

As its documentation reads a log: pandas (with pyarrow, the faster reader),
format_dataframe, then the simplified interface. Of durations it gives the
median and no other quantile, and none of a variant.
"""

import json
import sys

import pandas as pd
import pm4py

part, file = sys.argv[1:]
if file.endswith(".xes"):
    log = pm4py.read_xes(file)
elif file.endswith(".csv"):
    log = pd.read_csv(file, engine="pyarrow")
else:
    log = pd.read_parquet(file, engine="pyarrow", columns=["case_id", "activity", "timestamp"])
if not file.endswith(".xes"):
    log = pm4py.format_dataframe(log, case_id="case_id", activity_key="activity", timestamp_key="timestamp")

answer = {"events": len(log), "cases": int(log["case:concept:name"].nunique())}


def terminals(counts):
    return [{"activity": a, "cases": int(n)} for a, n in counts.items()]


if part != "counts":
    counts, start, end = pm4py.discover_dfg(log)
    waits, _, _ = pm4py.discover_performance_dfg(log, perf_aggregation_key="median")
    answer |= {
        "edges": [{"from": a, "to": b, "count": int(n), "median_s": float(waits[a, b])} for (a, b), n in counts.items()],
        "start": terminals(start),
        "end": terminals(end),
    }
if part != "dfg":
    variants = pm4py.get_variants(log)
    answer["variants"] = [{"activities": path, "cases": int(n)} for path, n in variants.items()]

json.dump(answer, sys.stdout)
