package constraints

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"millrace/eventlog"
)

// A Template is a kind of rule (Maggi, Mooij, van der Aalst 2011,
// doi:10.1109/CIDM.2011.5949297; Di Ciccio, Mecella 2015, doi:10.1145/2629447).
type Template string

// Templates of one activity are activated in every case; of two, in the cases
// that the comment says.
const (
	Existence          Template = "existence"           // A occurs
	Absence            Template = "absence"             // A does not occur
	ExactlyOne         Template = "exactly_one"         // A occurs once
	Init               Template = "init"                // the case starts with A
	RespondedExistence Template = "responded_existence" // if A occurs, B does
	Response           Template = "response"            // each A is followed by a B, later
	AltResponse        Template = "altresponse"         // and that before the next A
	ChainResponse      Template = "chainresponse"       // and that at once
	Precedence         Template = "precedence"          // each B is preceded by an A, earlier
	AltPrecedence      Template = "altprecedence"       // and that after the B before
	ChainPrecedence    Template = "chainprecedence"     // and that just before
	Succession         Template = "succession"          // response and precedence
	AltSuccession      Template = "altsuccession"
	ChainSuccession    Template = "chainsuccession"
	Coexistence        Template = "coexistence"        // responded existence both ways
	NonCoexistence     Template = "noncoexistence"     // not coexistence
	NonSuccession      Template = "nonsuccession"      // not succession
	NonChainSuccession Template = "nonchainsuccession" // not chain succession
)

// Templates lists all, in the order results have.
var Templates = []Template{
	Existence, Absence, ExactlyOne, Init,
	RespondedExistence, Response, AltResponse, ChainResponse,
	Precedence, AltPrecedence, ChainPrecedence,
	Succession, AltSuccession, ChainSuccession, Coexistence,
	NonCoexistence, NonSuccession, NonChainSuccession,
}

// Unary says whether rules of the template are of one activity.
func (t Template) Unary() bool {
	return t == Existence || t == Absence || t == ExactlyOne || t == Init
}

// A Rule is a template for activities, and in how many cases it holds.
type Rule struct {
	Template  Template `json:"template" yaml:"template"`
	A         string   `json:"a" yaml:"a"`
	B         string   `json:"b,omitempty" yaml:"b"`       // "" if the template is of one activity
	Support   int64    `json:"support" yaml:"support"`     // cases in which it is activated: it could be violated
	Satisfied int64    `json:"satisfied" yaml:"satisfied"` // of these, cases in which it holds
}

// Confidence is the share of the cases that activate the rule in which it holds.
func (r *Rule) Confidence() float64 { return float64(r.Satisfied) / float64(r.Support) }

// DeclareOptions say which rules to return. The zero value is the default.
type DeclareOptions struct {
	// MinSupport is the least share of cases that activate a rule,
	// MinConfidence the least [Rule.Confidence], each from 0 to 1. If both are
	// 0 they are 80 % of what the best rule has: the one with the largest
	// product of the two, the last in the order of template and names.
	// Less than 0 is no bound.
	MinSupport, MinConfidence float64
}

// Declare returns the rules that hold often enough, by template in the order of
// [Templates], then by names. It takes O(Σ over variants of activities in it ×
// activities × templates) time, and can be cancelled.
func Declare(ctx context.Context, s *eventlog.Summary, o DeclareOptions) ([]Rule, error) {
	for _, share := range []float64{o.MinSupport, o.MinConfidence} {
		if !(share <= 1) {
			return nil, fmt.Errorf("support and confidence are shares from 0 to 1, not %v", share)
		}
	}
	if err := check(len(s.Activities)); err != nil {
		return nil, err
	}
	d := newDeclare(s)
	for i := range s.Variants {
		if i%256 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		d.add(&s.Variants[i])
	}
	rules := d.rules()
	if o.MinSupport == 0 && o.MinConfidence == 0 {
		o.MinSupport, o.MinConfidence = typical(rules, s.Cases)
	}
	return slices.DeleteFunc(rules, func(r Rule) bool {
		return float64(r.Support) < float64(s.Cases)*o.MinSupport || float64(r.Satisfied) < float64(r.Support)*o.MinConfidence
	}), nil
}

// typical returns the thresholds where none are given.
func typical(rules []Rule, cases int64) (support, confidence float64) {
	var best *Rule
	product := 0.0
	for i := range rules {
		r := &rules[i]
		p := float64(r.Support) / float64(cases) * r.Confidence()
		if best == nil || cmp.Or(cmp.Compare(p, product), cmp.Compare(r.Template, best.Template), cmp.Compare(r.A, best.A), cmp.Compare(r.B, best.B)) > 0 {
			best, product = r, p
		}
	}
	if best == nil {
		return 0, 0
	}
	return float64(best.Support) / float64(cases) * .8, best.Confidence() * .8
}

// declare counts rules over variants.
type declare struct {
	s     *eventlog.Summary
	count []counted // of each pair of activities, the [Templates]; a, a for those of one
	ofOne []ruling  // of the templates of one activity, which come first
	c     *looked
}

// A counted is how many cases activate a rule, and keep to it.
type counted struct{ support, satisfied int64 }

func newDeclare(s *eventlog.Summary) *declare {
	n := len(s.Activities)
	d := &declare{s: s, count: make([]counted, n*n*len(Templates)), c: newLooked(s)}
	for _, t := range Templates {
		if t.Unary() {
			d.ofOne = append(d.ofOne, t.judge())
		}
	}
	return d
}

// of is what is counted of a and b, by template.
func (d *declare) of(a, b eventlog.Activity) []counted {
	n := len(Templates)
	return d.count[(int(a)*len(d.s.Activities)+int(b))*n:][:n]
}

func (x *counted) add(v verdict, cases int64) {
	if v != 0 {
		x.support += cases
	}
	if v > 0 {
		x.satisfied += cases
	}
}

func (d *declare) add(v *eventlog.Variant) {
	d.c.look(v.Path)
	for i := range d.s.Activities {
		a := eventlog.Activity(i)
		count := d.of(a, a)
		for t, judge := range d.ofOne {
			count[t].add(judge(d.c, a, a), v.Cases)
		}
	}
	for _, a := range d.c.here {
		for i := range d.s.Activities {
			b := eventlog.Activity(i)
			if a == b {
				continue
			}
			d.pair(v, a, b)
			if len(d.c.at(b)) == 0 {
				d.pair(v, b, a) // the other way round is nobody else's turn
			}
		}
	}
}

// pair judges the rules of a and b, of which at least one occurs. What several
// templates are made of is looked at once.
func (d *declare) pair(v *eventlog.Variant, a, b eventlog.Activity) {
	as, bs := d.c.at(a), d.c.at(b)
	exists, exists2 := activated(as, len(bs) > 0), activated(bs, len(as) > 0)
	response, precedence := activated(as, response(as, bs)), activated(bs, precedence(as, bs))
	alt, altPrecedence := activated(as, between(as, bs)), activated(bs, before(as, bs))
	chain, chainPrecedence := activated(as, d.c.followed(as, b)), activated(bs, d.c.led(bs, a))
	count := d.of(a, b)[len(d.ofOne):]
	for t, x := range [...]verdict{ // as in Templates
		exists, response, alt, chain,
		precedence, altPrecedence, chainPrecedence,
		min(response, precedence), min(alt, altPrecedence), min(chain, chainPrecedence), min(exists, exists2),
		-min(exists, exists2), -min(response, precedence), -min(chain, chainPrecedence),
	} {
		count[t].add(x, v.Cases)
	}
}

// rules returns all rules that are activated in some case.
func (d *declare) rules() []Rule {
	out := []Rule{}
	for k, t := range Templates {
		for i, a := range d.s.Activities {
			for j, b := range d.s.Activities {
				if (i == j) != t.Unary() {
					continue
				}
				x := d.of(eventlog.Activity(i), eventlog.Activity(j))[k]
				r := Rule{Template: t, A: a, B: b, Support: x.support, Satisfied: x.satisfied}
				if t.Unary() {
					r.B = ""
				}
				if r.Support > 0 {
					out = append(out, r)
				}
			}
		}
	}
	return out
}
