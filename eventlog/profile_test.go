package eventlog

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
)

// profileModel knows the types of testdata/profile by what they are called,
// and a few activities in their order.
func profileModel() *Model {
	m := walkModel()
	for i := range m.Types {
		m.Types[i].Attributes = []Attribute{{Name: "number", SQL: "VARCHAR"}, {Name: "value", SQL: "VARCHAR"}}
	}
	m.Types = append(m.Types, ObjectType{Name: "Message", Attributes: []Attribute{{Name: "payload_hash", SQL: "VARCHAR"}}})
	for i, a := range []string{"Create", "Change", "Release", "Pick", "Ship", "Receive", "Bill", "Pay"} {
		m.Activities = append(m.Activities, ActivityType{Name: a, Rank: 10 * (i + 1)})
	}
	return m
}

// A profileSource is what one source of a test says.
type profileSource struct {
	name                 string
	file                 bool // a case-centric file, not a system
	objects              bool // an object-centric log
	events, touches      []string
	relations, described []string
	batch                Batch
}

// profileStore fills a store from the notation of testdata/profile; see there.
func profileStore(t testing.TB, text string, reversed bool) (*Store, string) {
	sources, err := profileSources(text)
	if err != nil {
		t.Fatal(err)
	}
	s := openStore(t, filepath.Join(t.TempDir(), "a.duckdb"))
	log, systems := sources[0].name, false
	if reversed {
		slices.Reverse(sources)
	}
	for _, src := range sources {
		if src.file {
			mustImport(t, s, ImportOptions{Log: src.name, Kind: "csv", File: src.name + ".csv"}, batches(&src.batch))
			continue
		}
		if src.objects {
			mustMergeObjects(t, s, src.name, ObjectMeta{Version: "2.0"}, src.objectBatch())
			continue
		}
		log, systems = "orders", true
		src.load(t, s)
	}
	if systems {
		err := s.DefineLog(context.Background(), LogDefinition{Name: "orders", CaseType: "Order", Follow: []string{"Delivery", "Invoice"}})
		if err != nil {
			t.Fatal(err)
		}
	}
	return s, log
}

// load makes tables of a system and merges them.
func (src *profileSource) load(t testing.TB, s *Store) {
	columns := func(names string) (list []TableColumn) {
		for _, c := range strings.Fields(names) {
			list = append(list, TableColumn{c, "VARCHAR"})
		}
		return list
	}
	sys := System{
		Name: src.name, Kind: "test", Model: profileModel(),
		Tables: []Table{{Name: "ev", Columns: columns("key activity time start precision")}, {Name: "eo", Columns: columns("key type id")},
			{Name: "oo", Columns: columns("st sid q tt tid")}, {Name: "ob", Columns: columns("type id number value payload")}},
		Mapping: `CREATE VIEW event AS SELECT key, activity, NULLIF(time, '')::TIMESTAMP AS time, NULLIF(start, '')::TIMESTAMP AS start, precision, 'ev' AS source_table, key AS source_key FROM ev;
			CREATE VIEW event_object AS SELECT key AS event_key, type, id FROM eo;
			CREATE VIEW object_object AS SELECT st AS source_type, sid AS source_id, tt AS target_type, tid AS target_id, q AS qualifier FROM oo;`,
	}
	for _, typ := range profileModel().Types {
		if slices.ContainsFunc(src.described, func(d string) bool { return strings.HasPrefix(d, typ.Name+"|") }) {
			values := "NULLIF(number, '') AS number, NULLIF(value, '') AS value"
			if typ.Name == "Message" {
				values = "NULLIF(payload, '') AS payload_hash"
			}
			sys.Mapping += fmt.Sprintf("CREATE VIEW %s AS SELECT id, %s FROM ob WHERE type = '%s';", Quote("object_"+typ.Name), values, typ.Name)
		}
	}
	bar := func(table string, rows []string) TableRows {
		return TableRows{Table: table, File: table + ".csv", Complete: true, Columns: tableColumns(sys.Tables, table),
			Rows: func(fn func(int64, []string) error) error {
				for i, r := range rows {
					if err := fn(int64(i+2), strings.Split(r, "|")); err != nil {
						return err
					}
				}
				return nil
			}}
	}
	mustMerge(t, s, sys, bar("ev", src.events), bar("eo", src.touches), bar("oo", src.relations), bar("ob", src.described))
}

// objectBatch is the source as an object-centric log.
func (src *profileSource) objectBatch() *ObjectBatch {
	b := &ObjectBatch{}
	for i, row := range src.events {
		f := strings.Split(row, "|")
		at := int64(NoTime)
		if t, err := time.Parse("2006-01-02 15:04:05", f[2]); err == nil {
			at = t.UnixMicro()
		}
		e := &b.Events
		e.ID, e.Activity, e.Time, e.Place = append(e.ID, f[0]), append(e.Activity, f[1]), append(e.Time, at), append(e.Place, int64(i))
	}
	for _, row := range src.touches {
		f := strings.Split(row, "|")
		r := &b.EventObject
		r.Event, r.Type, r.Object = append(r.Event, f[0]), append(r.Type, f[1]), append(r.Object, f[2])
	}
	for _, row := range src.relations {
		f := strings.Split(row, "|")
		r := &b.ObjectObject
		r.SourceType, r.Source, r.TargetType, r.Target = append(r.SourceType, f[0]), append(r.Source, f[1]), append(r.TargetType, f[3]), append(r.Target, f[4])
		r.Qualifier = append(r.Qualifier, f[2])
	}
	for _, row := range src.described {
		f := strings.Split(row, "|")
		b.Objects.Type, b.Objects.ID = append(b.Objects.Type, f[0]), append(b.Objects.ID, f[1])
		for i, name := range []string{"number", "value", "payload_hash"} {
			if f[2+i] != "" {
				v := &b.Values
				v.Type, v.Object, v.Attribute = append(v.Type, f[0]), append(v.Object, f[1]), append(v.Attribute, name)
				v.Time, v.Kind, v.Value = append(v.Time, NoTime), append(v.Kind, Text), append(v.Value, f[2+i])
			}
		}
	}
	return b
}

func tableColumns(tables []Table, name string) (list []string) {
	for _, t := range tables {
		if t.Name == name {
			for _, c := range t.Columns {
				list = append(list, c.Name)
			}
		}
	}
	return list
}

// profileSources reads the notation:
//
//	file orders                            what follows is a file of cases
//	system erp                             what follows is a system
//	objects shop                           what follows is an object-centric log
//	2024-01-02 08:00 Create: 17            an event of a case, or
//	2024-01-02 08:00 Create: Order 17, OrderItem 17/1
//	2024-01-02 08:00/10:00 Pick: …         it lasts; "-" in place of a time: none; a date alone: day precision
//	OrderItem 17/1 - item of - Order 17    a relation
//	Order 17: number A-1, value 5          an object that is described
//	1..30 every 25h: LINE                  LINE thirty times, # is the number, each 25 hours later
func profileSources(text string) ([]*profileSource, error) {
	var list []*profileSource
	for i, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, " //")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if kind, name, ok := strings.Cut(line, " "); ok && (kind == "file" || kind == "system" || kind == "objects") {
			list = append(list, &profileSource{name: name, file: kind == "file", objects: kind == "objects"})
			continue
		}
		if len(list) == 0 {
			return nil, fmt.Errorf("line %d: want a line such as %q first", i+1, "system erp")
		}
		from, to, every := 0, 0, time.Duration(0)
		if head, rest, ok := strings.Cut(line, ": "); ok {
			var step string
			if n, _ := fmt.Sscanf(head, "%d..%d every %s", &from, &to, &step); n < 3 {
				from, to = 0, 0
			} else {
				var err error
				if every, err = time.ParseDuration(step); err != nil {
					return nil, fmt.Errorf("line %d: %w", i+1, err)
				}
				line = rest
			}
		}
		for n := from; n <= to; n++ {
			if err := list[len(list)-1].add(strings.ReplaceAll(line, "#", strconv.Itoa(n)), time.Duration(n-from)*every, i*1000+n); err != nil {
				return nil, fmt.Errorf("line %d: %w", i+1, err)
			}
		}
	}
	return list, nil
}

func (src *profileSource) add(line string, later time.Duration, key int) error {
	if a, rest, ok := strings.Cut(line, " - "); ok && line[0] != '-' {
		q, b, _ := strings.Cut(rest, " - ")
		src.relations = append(src.relations, strings.Join([]string{strings.Replace(a, " ", "|", 1), q, strings.Replace(b, " ", "|", 1)}, "|"))
		return nil
	}
	head, rest, _ := strings.Cut(line, ": ")
	words := strings.Fields(strings.TrimSuffix(head, ":"))
	if line[0] != '-' && (line[0] < '0' || line[0] > '9') { // an object
		values := map[string]string{}
		for _, v := range strings.Split(rest, ", ") {
			name, value, _ := strings.Cut(v, " ")
			values[name] = value
		}
		src.described = append(src.described, strings.Join([]string{words[0], words[1], values["number"], values["value"], values["payload"]}, "|"))
		return nil
	}
	begin, end, day := "", "", false
	at := func(text string) (string, error) {
		for _, layout := range []string{"2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02"} {
			if t, err := time.Parse(layout, text); err == nil {
				return t.Add(later).Format("2006-01-02 15:04:05"), nil
			}
		}
		return "", fmt.Errorf("%q is not a time", text)
	}
	var err error
	switch date := words[0]; {
	case date == "-":
		words = words[1:]
	case len(words) > 1 && words[1][0] >= '0' && words[1][0] <= '9':
		from, to, lasts := strings.Cut(words[1], "/")
		if end, err = at(date + " " + from); err == nil && lasts {
			begin = end
			end, err = at(date + " " + to)
		}
		words = words[2:]
	default:
		end, err = at(date)
		day = true
		words = words[1:]
	}
	if err != nil {
		return err
	}
	activity := strings.Join(words, " ")
	if src.file {
		us := func(text string) int64 {
			if t, err := time.Parse("2006-01-02 15:04:05", text); err == nil {
				return t.UnixMicro()
			}
			return NoTime
		}
		b := &src.batch
		b.Case, b.Activity = append(b.Case, rest), append(b.Activity, activity)
		b.Time, b.Start = append(b.Time, us(end)), append(b.Start, us(begin))
		b.Day, b.Place = append(b.Day, day), append(b.Place, int64(len(b.Case)+1))
		return nil
	}
	precision := "exact"
	if day {
		precision = "day"
	}
	src.events = append(src.events, fmt.Sprintf("%d|%s|%s|%s|%s", key, activity, end, begin, precision))
	if rest != "" {
		for _, o := range strings.Split(rest, ", ") {
			src.touches = append(src.touches, fmt.Sprintf("%d|%s", key, strings.Replace(o, " ", "|", 1)))
		}
	}
	return nil
}

// TestProfile reads testdata/profile: the data, with what is wrong with it
// planted, then what the profile finds; facts are left out unless asked for.
func TestProfile(t *testing.T) {
	datadriven.Walk(t, "testdata/profile", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			zone := time.UTC
			facts := false
			for _, a := range d.CmdArgs {
				switch a.Key {
				case "zone":
					var err error
					if zone, err = time.LoadLocation(a.Vals[0]); err != nil {
						t.Fatal(err)
					}
				case "facts":
					facts = true
				}
			}
			s, log := profileStore(t, d.Input, false)
			d.MaybeScanArgs(t, "log", &log)
			p, err := s.Profile(context.Background(), log, LogOptions{Model: profileModel(), Zone: zone})
			if err != nil {
				return "error: " + err.Error() + "\n"
			}
			return findings(p, facts)
		})
	})
}

// findings writes what a profile found, without its advice.
func findings(p *Profile, facts bool) string {
	var b strings.Builder
	for i := range p.Checks {
		c := &p.Checks[i]
		if c.Severity == Remark && !facts {
			continue
		}
		fmt.Fprintf(&b, "%s %s: %s\n", c.Severity, c.Code, c.Amount())
		for _, part := range c.Parts {
			fmt.Fprintf(&b, "  %s: %s", part.Name(len(p.Sources)), amountOf(part.Count, part.Of, ""))
			if part.Text != "" {
				fmt.Fprintf(&b, "; %s", part.Text)
			}
			b.WriteByte('\n')
		}
		for _, e := range c.Examples {
			fmt.Fprintf(&b, "  > %s\n", e)
		}
	}
	for _, n := range p.Notes {
		if facts {
			fmt.Fprintf(&b, "note %s: %s\n", n.Code, n.Text)
		}
	}
	if facts && p.WithoutCases {
		for _, c := range p.Skipped {
			fmt.Fprintf(&b, "skipped %s: %s\n", c.Code, c.Why)
		}
	}
	if b.Len() == 0 {
		return "no findings\n"
	}
	return b.String()
}
