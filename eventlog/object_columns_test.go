package eventlog

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// A flowScope is where objects to be followed are from, and what writes their columns.
type flowScope struct {
	prefix string // of the types in the store
	flow   ObjectFlowOptions
	build  func(context.Context, *Store) error
	mapped func(context.Context, *Store) bool
}

// flowScopes are an object-centric log, and systems.
func flowScopes() []flowScope {
	return []flowScope{
		{"shop:", ObjectFlowOptions{Log: "shop", Exact: true},
			func(ctx context.Context, s *Store) error { return s.BuildObjectColumns(ctx, "shop", LogOptions{}) },
			func(ctx context.Context, s *Store) bool {
				var types []string
				err := s.session(ctx, func(c *storeConn) (err error) {
					types, err = c.strings(ctx, "SELECT type FROM object_type")
					return err
				})
				return err == nil && !slices.ContainsFunc(types, func(typ string) bool {
					key := objectKey(typ, All, LogOptions{})
					l, err := s.mapColumns(ctx, key)
					if l == nil || err != nil {
						return true
					}
					defer l.Close()
					parts, _, err := s.mapObjects(ctx, key, l)
					return err != nil || len(parts) == 0
				})
			}},
		{"", ObjectFlowOptions{Exact: true},
			func(ctx context.Context, s *Store) error { return s.BuildSystemColumns(ctx, LogOptions{}) },
			func(ctx context.Context, s *Store) bool {
				objects, err := s.systemObjects(ctx)
				if err != nil {
					return false
				}
				l, err := s.mapSystem(ctx, objects, LogOptions{})
				if l == nil || err != nil {
					return false
				}
				return l.Close() == nil
			}},
	}
}

// load makes the store's content w, by one more load.
func (scope flowScope) load(ctx context.Context, c *storeConn, w *flowWorld) error {
	if err := w.fill(ctx, c); err != nil {
		return err
	}
	source := "s"
	if scope.prefix != "" {
		source = "shop"
	}
	texts := []string{"DELETE FROM object_type", "DELETE FROM object_log"}
	if scope.prefix != "" {
		texts = append(texts,
			"UPDATE object SET type = 'shop:' || type, source = 'shop'", "UPDATE event SET source = 'shop'",
			"INSERT INTO object_log VALUES ('shop')",
			"DELETE FROM columns WHERE log NOT IN (SELECT type FROM object)", // no real log loses a type
			"INSERT INTO object_type SELECT DISTINCT 'shop', type, substr(type, 6), type FROM object")
	}
	texts = append(texts, fmt.Sprintf(`INSERT INTO load (load, source, kind, origin, content, started_at, ended_at, rows_in, rows_new, rows_known, rows_rejected)
		SELECT (SELECT coalesce(max(load), 0) + 1 FROM load), '%s', 'x', 'x', '', now(), now(), 0, 0, 0, 0`, source))
	for _, text := range texts {
		if err := c.exec(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

// Objects that are followed by columns go through what an obvious program says,
// also where the columns are damaged, or of an older load; and they are built
// again then.
func TestObjectColumnsAgainstObvious(t *testing.T) {
	ctx := context.Background()
	for _, scope := range flowScopes() {
		t.Run("types "+scope.prefix, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.duckdb")
			s := openStore(t, path)
			draw := func(rt *rapid.T) *flowWorld {
				w := drawFlowWorld(rt)
				for i := range w.events {
					if scope.prefix != "" {
						w.events[i].source = "shop"
					}
				}
				return w
			}
			load := func(rt *rapid.T, w *flowWorld) {
				if err := s.write(ctx, func(c *storeConn) error { return scope.load(ctx, c, w) }); err != nil {
					rt.Fatal(err)
				}
			}
			checks(t, 12) // each syncs up to thirty files
			rapid.Check(t, func(rt *rapid.T) {
				w := draw(rt)
				load(rt, w)
				noted := func() []Note {
					f, err := s.ObjectFlow(ctx, scope.flow)
					if err != nil {
						rt.Fatal(err)
					}
					return f.Notes
				}
				notes := noted() // without columns
				check := func(when string) {
					f, err := s.ObjectFlow(ctx, scope.flow)
					if err != nil {
						rt.Fatalf("%s: %v", when, err)
					}
					if got, want := flowTold(f), w.obvious(); got != want {
						rt.Fatalf("%s: got\n%swant\n%s", when, got, want)
					}
					if d := cmp.Diff(notes, f.Notes); d != "" {
						rt.Fatalf("%s: notes: %s", when, d)
					}
				}
				build := func(when string) {
					if err := scope.build(ctx, s); err != nil {
						rt.Fatalf("%s: %v", when, err)
					}
					if !scope.mapped(ctx, s) {
						rt.Fatalf("%s: there are no columns", when)
					}
					check(when)
				}
				build("built")
				switch rapid.SampledFrom([]string{"", "damage", "load"}).Draw(rt, "then") {
				case "damage":
					if !damageOne(rt, path) {
						return
					}
					if scope.mapped(ctx, s) {
						rt.Fatal("damaged columns are taken")
					}
					check("damaged")
					build("built again")
				case "load":
					w = draw(rt)
					load(rt, w)
					if scope.mapped(ctx, s) {
						rt.Fatal("columns of an older load are taken")
					}
					notes = noted()
					check("loaded")
					build("of the new load")
				}
			})
		})
	}
}

// damageOne flips a bit of one of the column files beside a store.
func damageOne(rt *rapid.T, path string) bool {
	files, err := filepath.Glob(filepath.Join(filepath.Dir(path), columnsPrefix(path)+"*"))
	if err != nil || len(files) == 0 {
		return false
	}
	slices.SortFunc(files, func(a, b string) int { // names are random
		x, _ := os.Stat(a)
		y, _ := os.Stat(b)
		return int(x.Size() - y.Size())
	})
	name := files[rapid.IntRange(0, len(files)-1).Draw(rt, "file")]
	data, err := os.ReadFile(name)
	if err != nil {
		rt.Fatal(err)
	}
	data[rapid.IntRange(0, len(data)-1).Draw(rt, "byte")] ^= 4
	if err := os.WriteFile(name, data, 0o600); err != nil {
		rt.Fatal(err)
	}
	return true
}

// drawShared makes a log of objects that share events, in batches of one
// object, and the same in one batch.
func drawShared(rt *rapid.T) (split, joined *Log) {
	split, joined = &Log{}, &Log{}
	split.labels = []string{"a", "b", "c"}
	joined.labels = split.labels
	all := &Cases{Offsets: []int32{0}}
	activity := map[int64]uint16{}
	for i := range rapid.IntRange(0, 6).Draw(rt, "objects") {
		c := &Cases{Case: []int64{int64(i + 1)}, Offsets: []int32{0}}
		for _, e := range rapid.SliceOfNDistinct(rapid.Int64Range(1, 9), 0, 6, rapid.ID).Draw(rt, "events") {
			if _, ok := activity[e]; !ok {
				activity[e] = rapid.Uint16Range(0, 2).Draw(rt, "activity")
			}
			at := rapid.SampledFrom([]int64{NoTime, 3, 5, 5, 20}).Draw(rt, "time")
			c.Event, c.Activity, c.Time = append(c.Event, e), append(c.Activity, activity[e]), append(c.Time, at)
		}
		c.Offsets = append(c.Offsets, int32(len(c.Event)))
		c.close()
		split.batches = append(split.batches, c)
		all.Case = append(all.Case, c.Case[0])
		all.copyEvents(c, 0, len(c.Event))
		all.Offsets = append(all.Offsets, int32(len(all.Event)))
	}
	all.close()
	joined.batches = []*Cases{all}
	split.paths, joined.paths = codePaths(split.batches), codePaths(joined.batches)
	return split, joined
}

// What objects share is what sets of what was met say; however their batches
// are cut, in whatever ranges they are looked at, and by any number of workers.
func TestSharingAgainstObvious(t *testing.T) {
	ctx := context.Background()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	rapid.Check(t, func(rt *rapid.T) {
		split, joined := drawShared(rt)
		type met map[string]int64
		least := func(m met, key string, d int64) {
			if old, ok := m[key]; !ok || d != NoTime && (old == NoTime || d < old) {
				m[key] = d
			}
		}
		events, starts, ends, couples := met{}, met{}, met{}, met{}
		steps := 0
		for _, c := range split.batches {
			for e, event := range c.Event {
				events[fmt.Sprint(event)] = 0
				if e == 0 {
					starts[fmt.Sprint(event)] = 0
				}
				if e == len(c.Event)-1 {
					ends[fmt.Sprint(event)] = 0
				}
				if e > 0 {
					d := int64(NoTime)
					if c.Time[e] != NoTime && c.Time[e-1] != NoTime {
						d = c.Time[e] - c.Time[e-1]
					}
					least(couples, fmt.Sprint(c.Event[e-1], ">", event), d)
				}
				steps++
			}
		}
		var flows []string
		for _, l := range []*Log{split, joined} {
			runtime.GOMAXPROCS(rapid.IntRange(1, 5).Draw(rt, "workers"))
			s, err := findSharing(ctx, l, rapid.Int64Range(1, 12).Draw(rt, "range"))
			if err != nil {
				rt.Fatal(err)
			}
			if (s == nil) != (len(events) == steps) {
				rt.Fatalf("shared: %v, %d events at %d places", s != nil, len(events), steps)
			}
			if s != nil {
				got := [4]met{{}, {}, {}, {}}
				count := [4]int{}
				for n, c := range l.batches {
					for i := range c.Case {
						for e := c.Offsets[i]; e < c.Offsets[i+1]; e++ {
							for b := range 4 {
								if s.first[n][e]>>b&1 == 0 {
									continue
								}
								key, d := fmt.Sprint(c.Event[e]), int64(0)
								if 1<<b == int(firstCouple) {
									key, d = fmt.Sprint(c.Event[e-1], ">", key), NoTime
									if c.Time[e] != NoTime && c.Time[e-1] != NoTime {
										d = c.Time[e] - c.Time[e-1]
									}
								}
								got[b][key] = d
								count[b]++
							}
						}
					}
				}
				for b, want := range [4]met{events, starts, ends, couples} {
					if !maps.Equal(got[b], want) || count[b] != len(want) {
						rt.Fatalf("bit %d: got %v (%d), want %v", b, got[b], count[b], want)
					}
				}
			}
			log := &typeLog{Log: l, flowType: flowType{name: "x"}, shared: s}
			if log.counts, err = l.countCases(ctx, false); err != nil {
				rt.Fatal(err)
			}
			f, err := log.flow(ctx, ObjectFlowOptions{Variants: -1})
			if err != nil {
				rt.Fatal(err)
			}
			flows = append(flows, flowText(&ObjectFlow{Types: []TypeFlow{f}})+fmt.Sprint(f.Distinct, f.Variants))
		}
		if flows[0] != flows[1] {
			rt.Fatalf("in many batches\n%s\nin one\n%s", flows[0], flows[1])
		}
	})
}

// A log that is too large for memory is the same, wherever that was noticed,
// and leaves no file.
func TestLogMakerSpills(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.duckdb")
	rapid.Check(t, func(rt *rapid.T) {
		split, _ := drawShared(rt)
		m := newLogMaker(&Store{path: path, inMemory: rapid.Int64Range(1, 20).Draw(rt, "in memory")})
		err := m.begin(columnsShape{})
		events := int64(0)
		for _, c := range split.batches {
			err = errors.Join(err, m.add(c))
			events += int64(len(c.Event))
		}
		l, err := m.finish(split.labels, nil, columnsFacts{})
		if err != nil {
			rt.Fatal(err)
		}
		if mapped := len(l.close) > 0; mapped != (events > m.most) {
			rt.Errorf("%d events, %d in memory: mapped %v", events, m.most, mapped)
		}
		if d := cmp.Diff(split.batches, l.batches, cmpopts.EquateEmpty()); d != "" {
			rt.Errorf("before and after: %s", d)
		}
		if d := cmp.Diff(fmt.Sprint(split.labels, split.paths.ends, split.paths.steps), fmt.Sprint(l.labels, l.paths.ends, l.paths.steps)); d != "" {
			rt.Errorf("labels and paths: %s", d)
		}
		if err := l.Close(); err != nil {
			rt.Error(err)
		}
		if files, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*")); len(files) > 0 {
			rt.Errorf("left: %v", files)
		}
	})
}
