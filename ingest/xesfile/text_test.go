package xesfile

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"millrace/eventlog"
	"millrace/ingest"
)

// TestText reads the logs in testdata/*.txt. A command is
//
//	read [attributes] [OPTION=VALUE]...
//
// with the names ingest.Options has; its output is all a File says.
func TestText(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		if filepath.Ext(path) != ".txt" {
			return
		}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "read":
				return read(t, d)
			case "times":
				return times(t, d)
			case "sniff":
				return fmt.Sprintln(Format.Sniff([]byte(d.Input)))
			}
			return "error: unknown command " + d.Cmd + "\n"
		})
	})
}

// options makes options of the arguments of a command.
func options(t *testing.T, d *datadriven.TestData) (o ingest.Options) {
	fields := map[string]*string{
		"case": &o.Case, "activity": &o.Activity, "time": &o.Time, "start": &o.Start, "resource": &o.Resource,
		"lifecycle": &o.Lifecycle, "classifier": &o.Classifier, "timezone": &o.Timezone, "time-layout": &o.TimeLayout,
		"encoding": &o.Encoding,
	}
	for _, a := range d.CmdArgs {
		switch f := fields[a.Key]; {
		case a.Key == "attributes":
			o.Attributes = true
		case f != nil:
			*f = strings.ReplaceAll(strings.Join(a.Vals, ","), "_", " ")
		default:
			t.Fatalf("%s: unknown option %q", d.Pos, a.Key)
		}
	}
	return o
}

func read(t *testing.T, d *datadriven.TestData) string {
	dir := t.TempDir()
	path := filepath.Join(dir, "log.xes")
	if err := os.WriteFile(path, []byte(d.Input), 0o600); err != nil {
		t.Fatal(err)
	}
	out := report(t.Context(), path, options(t, d))
	return strings.ReplaceAll(out, dir+string(filepath.Separator), "")
}

// report says all a File says, as text.
func report(ctx context.Context, path string, o ingest.Options) string {
	var b strings.Builder
	f, err := Format.Open(ctx, path, o)
	if err != nil {
		return fmt.Sprintf("error: %v\n", err)
	}
	defer f.Close()
	for _, x := range f.Detected() {
		told := ""
		if x.Told {
			told = ", as told"
		}
		fmt.Fprintf(&b, "%s: %s%s\n", x.Option, x.Value, told)
	}
	tr := &transcript{}
	err = f.Read(ctx, tr.emit)
	for _, e := range tr.events {
		fmt.Fprintf(&b, "%d %s: %s", e.place, e.ids[0], e.ids[1])
		if e.times[1] != noTime {
			fmt.Fprintf(&b, " from %s", show(e.times[1], false))
		}
		fmt.Fprintf(&b, " at %s", show(e.times[0], e.day))
		for i, name := range []string{"by", "lifecycle", "instance"} {
			if v := e.ids[2+i]; v != "" {
				fmt.Fprintf(&b, " %s %s", name, v)
			}
		}
		b.WriteString(e.attributes() + "\n")
	}
	for _, c := range tr.cases {
		fmt.Fprintf(&b, "case %s%s\n", c.ids[0], c.attributes())
	}
	if err != nil {
		fmt.Fprintf(&b, "error: %v\n", err)
	}
	rejects, total := f.Rejects()
	for _, r := range rejects {
		fmt.Fprintf(&b, "reject %s: ", r.Place)
		if r.Column != "" {
			fmt.Fprintf(&b, "%s: ", r.Column)
		}
		b.WriteString(r.Reason + "\n")
	}
	if total != int64(len(rejects)) {
		fmt.Fprintf(&b, "%d rejects\n", total)
	}
	for _, n := range f.Notes() {
		fmt.Fprintf(&b, "note %s: %s\n", n.Code, n.Text)
	}
	if o.Attributes {
		describe(&b, f.Meta())
	}
	return b.String()
}

func describe(b *strings.Builder, m eventlog.Meta) {
	if m.Attributes != "" {
		fmt.Fprintf(b, "log %s\n", m.Attributes)
	}
	for _, e := range m.Extensions {
		fmt.Fprintf(b, "extension %s %s %s\n", e.Name, e.Prefix, e.URI)
	}
	for _, c := range m.Classifiers {
		fmt.Fprintf(b, "classifier %q of %ss: %q\n", c.Name, c.Scope, c.Keys)
	}
	for _, g := range m.Globals {
		fmt.Fprintf(b, "global of %ss: %s %s = %q\n", g.Scope, g.Type, g.Key, g.Value)
	}
}

func show(micros int64, day bool) string {
	switch {
	case micros == noTime:
		return "no time"
	case day:
		return time.UnixMicro(micros).UTC().Format("2006-01-02T15:04Z") + " (day)"
	}
	return time.UnixMicro(micros).UTC().Format("2006-01-02T15:04:05.999999Z")
}

// attributes writes the attributes of a row, sorted, with their Go types where
// they are no strings.
func (r row) attributes() string {
	var s []string
	for k, v := range r.plain {
		switch v := v.(type) {
		case string:
			s = append(s, fmt.Sprintf(" %s=%q", k, v))
		case time.Time:
			s = append(s, fmt.Sprintf(" %s=%s", k, show(v.UnixMicro(), false)))
		default:
			s = append(s, fmt.Sprintf(" %s=%v", k, v))
		}
	}
	for k, v := range r.nested {
		s = append(s, fmt.Sprintf(" %s=%s", k, v))
	}
	slices.Sort(s)
	return strings.Join(s, "")
}

// times reads one time a line, as a date and as a string.
func times(t *testing.T, d *datadriven.TestData) string {
	o := options(t, d)
	zone, err := time.LoadLocation(o.Timezone)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for line := range strings.Lines(d.Input) {
		text := strings.TrimSuffix(line, "\n")
		c := clock{zone: zone, layout: o.TimeLayout}
		fmt.Fprintf(&b, "%s → ", text)
		r, ok := c.read([]byte(text), kindDate)
		if !ok {
			r, ok = c.read([]byte(text), kindString)
			if ok {
				b.WriteString("as a string ")
			}
		}
		if !ok {
			b.WriteString("unreadable\n")
			continue
		}
		b.WriteString(show(r.micros, r.day) + "\n")
	}
	return b.String()
}
