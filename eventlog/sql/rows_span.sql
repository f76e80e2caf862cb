-- Between which numbers are the cases and their events, and how many rows are that?
SELECT count(*), min(case_object), max(case_object), min(event), max(event) FROM {pairs}
