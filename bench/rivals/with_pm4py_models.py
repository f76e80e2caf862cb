"""Models and conformance by PM4Py: with_pm4py_models.py HOW LOG.xes [NET.pnml].

As documented, by the simplified interface on the data frame that read_xes
gives. Reading the files is not timed. Alignments run in one process, as
multiprocessing is off unless asked for and copies the log to each.
"""

import json
import resource
import sys
import time

import pm4py
from pm4py.objects.powl.obj import StrictPartialOrder, Transition

how, file = sys.argv[1:3]
log = pm4py.read_xes(file)
model = pm4py.read_pnml(sys.argv[3]) if len(sys.argv) > 3 else ()


def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def notation(model):
    """A POWL as Millrace reads it: PM4Py calls parts in an order by their addresses."""
    if isinstance(model, StrictPartialOrder):
        nodes = model.order.nodes
        n = range(len(nodes))
        order = [f"#{i + 1}-->#{j + 1}" for i in n for j in n if model.order.is_edge_id(i, j)]
        return "PO=(nodes={ " + ", ".join(map(notation, nodes)) + " }, order={ " + ", ".join(order) + " })"
    if isinstance(model, Transition):
        return "tau" if model.label is None else "'" + model.label.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return model.operator.value + "( " + ", ".join(map(notation, model.children)) + " )"


inside, answer = [], {}
for _ in range(3):
    before, start = cpu(), time.perf_counter()
    if how in ("im", "imf"):
        found = pm4py.discover_process_tree_inductive(log, noise_threshold=0.2 if how == "imf" else 0.0)
    elif how == "powl":
        found = pm4py.discover_powl(log)
    elif how == "replay":
        found = pm4py.conformance_diagnostics_token_based_replay(log, *model)
    else:
        found = pm4py.conformance_diagnostics_alignments(log, *model)
    inside.append({"wall_s": time.perf_counter() - start, "cpu_s": cpu() - before})
    if how in ("im", "imf"):
        answer = {"tree": str(found)}
    elif how == "powl":
        answer = {"tree": notation(found)}
    elif how == "replay":
        answer = {"measures": {"replayed": sum(x["trace_fitness"] for x in found) / len(found)}}
    else:
        # A silent move costs 1 there where a visible one costs 10,000.
        known = [x for x in found if x is not None]
        answer = {
            "measures": {
                "fitness": sum(x["fitness"] for x in known) / len(known),
                "cost": sum(x["cost"] // 10000 for x in known),
                "unsolved": len(found) - len(known),
            }
        }
    if inside[0]["wall_s"] > 10:
        break

json.dump({"inside": inside, "cases": int(log["case:concept:name"].nunique()), "events": len(log)} | answer, sys.stdout)
