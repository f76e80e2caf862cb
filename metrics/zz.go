package metrics
import ("context";"database/sql")
type Querier func(ctx context.Context, query string, args ...any) (*sql.Rows, error)
func Evaluate(ctx context.Context, q Querier, kpis []*KPI) ([]Value, error) { return nil, nil }
