package eventlog

import "context"

func (m *tablesMerge) unsettled(ctx context.Context, t *stagedTable, from string) (string, error) { return from, nil }
