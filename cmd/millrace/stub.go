package main
import ("errors"; "io"; "millrace/eventlog"; "millrace/mining"; "context")
type demoCmd struct{}
type ingestCmd struct{}
type importCmd struct{}
type traceCmd struct{}
type reportCmd struct{}
type exportCmd struct{}
type doctorCmd struct{}
func (*demoCmd) Run(*env) error {return nil}
func (*ingestCmd) Run(*env) error {return nil}
func (*importCmd) Run(*env) error {return nil}
func (*traceCmd) Run(*env) error {return nil}
func (*reportCmd) Run(*env) error {return nil}
func (*exportCmd) Run(*env) error {return nil}
func (*doctorCmd) Run(*env) error {return nil}
func (*logListCmd) Run(*env) error {return nil}
func openStored(e *env, name string) (*openedLog, error) { return nil, errors.New("no store yet") }
type level struct{ Graph *mining.Graph }
func mapLevel(ctx context.Context, l *eventlog.Log, s *eventlog.Summary, name string, a, p float64) (level, error) { return level{mining.DFG(s)}, nil }
func writeMap(w io.Writer, l level, mode string) error { return nil }
func bottlenecks(e *env, l *openedLog, exact bool) (*mining.Bottlenecks, error) { return nil, nil }
