package bench

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"time"

	"millrace/eventlog"
	"millrace/mining"
)

// encodingXML reads XES with the standard library, as one would write it in
// an hour: this log only, no more of XES than it has.
func encodingXML(ctx context.Context, out io.Writer, args []string) error {
	f, err := os.Open(args[0])
	if err != nil {
		return err
	}
	defer f.Close()
	builder := eventlog.NewBuilder(eventlog.BuilderOptions{})
	batch := &eventlog.Batch{}
	var id, activity, resource string
	var at int64
	inTrace, inEvent := false, false
	d := xml.NewDecoder(f)
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.StartElement:
			switch token.Name.Local {
			case "trace":
				inTrace = true
			case "event":
				inEvent = true
			default:
				if !inTrace || len(token.Attr) != 2 {
					continue
				}
				switch key, value := token.Attr[0].Value, token.Attr[1].Value; {
				case key == "concept:name" && inEvent:
					activity = value
				case key == "concept:name":
					id = value
				case key == "org:resource":
					resource = value
				case key == "time:timestamp":
					t, err := time.Parse(time.RFC3339, value)
					if err != nil {
						return err
					}
					at = t.UnixMicro()
				}
			}
		case xml.EndElement:
			switch token.Name.Local {
			case "trace":
				inTrace = false
			case "event":
				inEvent = false
				batch.Case = append(batch.Case, id)
				batch.Activity = append(batch.Activity, activity)
				batch.Time = append(batch.Time, at)
				batch.Resource = append(batch.Resource, resource)
				if batch.Len() == 8192 {
					if err := builder.Add(batch); err != nil {
						return err
					}
					*batch = eventlog.Batch{Case: batch.Case[:0], Activity: batch.Activity[:0], Time: batch.Time[:0], Resource: batch.Resource[:0]}
				}
			}
		}
	}
	if err := builder.Add(batch); err != nil {
		return err
	}
	l, err := builder.Log()
	if err != nil {
		return err
	}
	s, err := eventlog.Summarize(ctx, l, eventlog.SummaryOptions{Exact: true})
	if err != nil {
		return err
	}
	return say(out, nil, mining.DFG(s), mining.FindVariants(s))
}
