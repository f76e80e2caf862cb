package eventlog

import (
	"context"
	"fmt"
	"strings"
)

// zone is the SQL literal of the zone of the system's naive times.
func (v *mapped) zone() string {
	if v.system.Timezone == "" {
		return "'UTC'"
	}
	return storeLiteral(v.system.Timezone)
}

// isNaive says whether a type is a time without a zone. "Local" in a database
// is the source's, never this machine's.
func isNaive(sqlType string) bool {
	return sqlType == "TIMESTAMP" || sqlType == "TIMESTAMP_S" || sqlType == "TIMESTAMP_MS" || sqlType == "TIMESTAMP_NS" || sqlType == "DATE"
}

// untypedNull is the type that DuckDB gives a column of a view that is NULL.
const untypedNull = "INTEGER"

const zonedType = "TIMESTAMP WITH TIME ZONE"

// instant is the expression for a column of a view as a point in time.
func (v *mapped) instant(c TableColumn) (string, error) {
	switch {
	case isNaive(c.SQL):
		return fmt.Sprintf("CAST(%s AS TIMESTAMP) AT TIME ZONE %s", Quote(c.Name), v.zone()), nil
	case c.SQL == zonedType:
		return Quote(c.Name), nil
	case c.SQL == untypedNull:
		return "CAST(CAST(" + Quote(c.Name) + " AS VARCHAR) AS TIMESTAMPTZ)", nil // refuses a number
	}
	return "", fmt.Errorf("column %q is %s; cast it to TIMESTAMP, TIMESTAMPTZ or DATE", c.Name, c.SQL)
}

// optional is the expression for a column that a view may lack.
func optional(view *mapView, name, sqlType string) string {
	if c, ok := view.has(name); ok {
		return fmt.Sprintf("CAST(%s AS %s)", Quote(c.Name), sqlType)
	}
	return fmt.Sprintf("CAST(NULL AS %s)", sqlType)
}

// evaluate reads every view once, into temporary tables of known types.
func (v *mapped) evaluate(ctx context.Context) error {
	texts := []func() (string, error){v.eventText, v.eventObjectText, v.objectObjectText, v.objectChangeText, v.objectText}
	names := []string{"event", "event_object", "object_object", "object_change", "object_…"}
	for i, text := range texts {
		t, err := text()
		if err == nil {
			err = v.inViews(ctx, func() error { return v.c.exec(ctx, t) })
			if err != nil {
				err = fmt.Errorf("%s", storeReason(err))
			}
		}
		if err != nil {
			return fmt.Errorf("mapping: view %s: %w", names[i], err)
		}
	}
	if err := v.typeRows(ctx); err != nil {
		return err
	}
	return v.dropPieces(ctx)
}

func (v *mapped) viewName(name string) string {
	return Quote(mapSchema(v.system.Name)) + "." + Quote(name)
}

// empty stands for a view that the mapping does not have.
func empty(columns ...string) string {
	return "(SELECT " + strings.Join(columns, ", ") + " WHERE false)"
}

func (v *mapped) eventText() (string, error) {
	from := empty("NULL::VARCHAR AS key", "NULL::VARCHAR AS activity", "NULL::TIMESTAMPTZ AS time")
	time, start, precision := "time", "NULL::TIMESTAMPTZ", "'exact'"
	var attributes strings.Builder
	if v.event != nil {
		from = v.viewName("event")
		c, _ := v.event.has("time")
		var err error
		if time, err = v.instant(c); err != nil {
			return "", err
		}
		if c.SQL == "DATE" {
			precision = "'day'"
		}
		if c, ok := v.event.has("start"); ok {
			if start, err = v.instant(c); err != nil {
				return "", err
			}
		}
		if c, ok := v.event.has("precision"); ok {
			precision = fmt.Sprintf("coalesce(CAST(%s AS VARCHAR), %s)", Quote(c.Name), precision)
		}
		for i, c := range v.eventAttributes {
			expr := Quote(c.Name)
			if isNaive(c.SQL) && c.SQL != "DATE" {
				expr, _ = v.instant(c)
				v.eventAttributes[i].SQL = "TIMESTAMPTZ"
			}
			fmt.Fprintf(&attributes, ", %s AS a%d", expr, i)
		}
	}
	return storeText("map_event", "from", from, "source", storeLiteral(v.system.Name),
		"time", time, "start", start, "precision", precision,
		"resource", optional(v.event, "resource", "VARCHAR"), "actor_kind", optional(v.event, "actor_kind", "VARCHAR"),
		"sequence", optional(v.event, "sequence", "BIGINT"), "source_table", optional(v.event, "source_table", "VARCHAR"),
		"source_key", optional(v.event, "source_key", "VARCHAR"), "attributes", attributes.String()), nil
}

// quantities are the columns that both kinds of relations may have.
func quantities(view *mapView) string {
	return fmt.Sprintf("coalesce(%s, '') AS qualifier, %s AS quantity, %s AS amount, %s AS currency",
		optional(view, "qualifier", "VARCHAR"), optional(view, "quantity", "DECIMAL(18,6)"),
		optional(view, "amount", "DECIMAL(18,4)"), optional(view, "currency", "VARCHAR"))
}

func (v *mapped) eventObjectText() (string, error) {
	from := empty("NULL AS event_key", "NULL AS type", "NULL AS id")
	if v.eventObject != nil {
		from = v.viewName("event_object")
	}
	return storeText("map_event_object", "from", from, "quantities", quantities(v.eventObject)), nil
}

func (v *mapped) objectObjectText() (string, error) {
	from := empty("NULL AS source_type", "NULL AS source_id", "NULL AS target_type", "NULL AS target_id")
	if v.objectObject != nil {
		from = v.viewName("object_object")
	}
	return storeText("map_object_object", "from", from, "quantities", quantities(v.objectObject)), nil
}

func (v *mapped) objectChangeText() (string, error) {
	from := empty("NULL AS type", "NULL AS id", "NULL AS attribute", "NULL::TIMESTAMPTZ AS time", "NULL AS old_value", "NULL AS new_value")
	time := "time"
	if v.objectChange != nil {
		from = v.viewName("object_change")
		c, _ := v.objectChange.has("time")
		var err error
		if time, err = v.instant(c); err != nil {
			return "", err
		}
	}
	return storeText("map_object_change", "from", from, "time", time, "event_key", optional(v.objectChange, "event_key", "VARCHAR")), nil
}

// objectText collects the objects of all object_ views.
func (v *mapped) objectText() (string, error) {
	parts := []string{"SELECT NULL::VARCHAR AS type, NULL::VARCHAR AS id, NULL::VARCHAR AS source_table, NULL::VARCHAR AS source_key WHERE false"}
	for _, t := range v.types {
		parts = append(parts, fmt.Sprintf("SELECT %s, CAST(id AS VARCHAR), %s, %s FROM %s", storeLiteral(t.name),
			optional(t.view, "source_table", "VARCHAR"), optional(t.view, "source_key", "VARCHAR"), v.viewName(t.view.name)))
	}
	return storeText("map_object", "all", strings.Join(parts, "\nUNION ALL\n")), nil
}

// typeRows reads the attributes of each type, cast to the model's types.
func (v *mapped) typeRows(ctx context.Context) error {
	for i := range v.types {
		t := &v.types[i]
		var values strings.Builder
		for j, c := range t.attributes {
			want := c.SQL
			if typ := v.system.Model.objectType(t.name); typ != nil {
				want = typ.attribute(c.Name).SQL
			}
			expr := Quote(c.Name)
			if isNaive(c.SQL) && c.SQL != "DATE" && (v.system.Model == nil || v.mapped[want] == zonedType) {
				expr, _ = v.instant(c)
				if v.system.Model == nil {
					want = "TIMESTAMPTZ"
				}
			}
			t.attributes[j].SQL = want
			fmt.Fprintf(&values, ", CAST(%s AS %s) AS a%d", expr, want, j)
		}
		text := storeText("map_type", "temp", fmt.Sprintf("m_type_%d", i), "values", values.String(), "from", v.viewName(t.view.name))
		if err := v.inViews(ctx, func() error { return v.c.exec(ctx, text) }); err != nil {
			return fmt.Errorf("mapping: view %s: %s", t.view.name, storeReason(err))
		}
	}
	return nil
}
