package eventlog

// Of returns the events and cases of the batch whose case is wanted, in a batch
// of its own.
func (b *Batch) Of(wanted map[string]bool) *Batch {
	var rows, cases []int
	for i, id := range b.Case {
		if wanted[id] {
			rows = append(rows, i)
		}
	}
	for i, id := range b.CaseIDs {
		if wanted[id] {
			cases = append(cases, i)
		}
	}
	out := &Batch{
		Case: pick(b.Case, rows), Activity: pick(b.Activity, rows), Time: pick(b.Time, rows), Start: pick(b.Start, rows),
		Resource: pick(b.Resource, rows), Lifecycle: pick(b.Lifecycle, rows), Instance: pick(b.Instance, rows),
		Sequence: pick(b.Sequence, rows), Day: pick(b.Day, rows), Place: pick(b.Place, rows), CaseIDs: pick(b.CaseIDs, cases),
	}
	for i := range b.Attributes {
		out.Attributes = append(out.Attributes, b.Attributes[i].of(rows))
	}
	for i := range b.CaseAttributes {
		out.CaseAttributes = append(out.CaseAttributes, b.CaseAttributes[i].of(cases))
	}
	return out
}

func (c *Column) of(rows []int) Column {
	return Column{Name: c.Name, Type: c.Type, Text: pick(c.Text, rows), Int: pick(c.Int, rows), Float: pick(c.Float, rows), Null: pick(c.Null, rows)}
}

// pick returns the values of some rows; nil of a column that is missing.
func pick[T any](values []T, rows []int) []T {
	if len(values) == 0 {
		return nil
	}
	out := make([]T, len(rows))
	for i, row := range rows {
		out[i] = values[row]
	}
	return out
}
