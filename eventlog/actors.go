package eventlog

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Actor kinds, in the order in which help shows them.
var actorKinds = []string{"human", "bot", "interface", "scheduler", "customer", "unknown"}

// Actors tell the kind of a user from the name. The zero value is
// [DefaultActors], and unknown for a name that none of them fits. Sources
// whose users are the same people have to have the same Actors.
type Actors struct {
	Patterns []ActorPattern // the first that fits decides; nil: DefaultActors
	Else     string         // the kind of other names; default unknown
	// Fold says that a name is the same in whatever case, with blanks around it
	// or without: those have one pseudonym.
	Fold bool `json:",omitempty"`
}

// An ActorPattern gives a kind to the names in which a regular expression (RE2)
// is found, whatever their case.
type ActorPattern struct {
	Pattern string `json:"pattern" yaml:"pattern"`
	Kind    string `json:"kind" yaml:"kind"` // human, bot, interface, scheduler, customer or unknown
}

// DefaultActors fit names that say what they are. That a name says nothing
// does not make it a human's.
var DefaultActors = []ActorPattern{
	{`(^|[._-])(edi|api|webshop|shop|interface|import|integration|rfc|idoc)([._-]|$)`, "interface"},
	{`(^|[._-])(bot|robot|rpa)([._-]|$)`, "bot"},
	{`(^|[._-])(portal|customer)([._-]|$)`, "customer"},
	{`(^|[._-])(scheduler|batch|cron)([._-]|$)`, "scheduler"},
}

// pseudonymPattern fits what stands in the place of a name.
var pseudonymPattern = "(" + strings.Join(actorKinds, "|") + ")~([0-9a-f]{16}|" + forgottenName + ")"

// actorRules are Actors ready for use.
type actorRules struct {
	Actors
	match []*regexp.Regexp
}

func (a Actors) rules() (*actorRules, error) {
	r := &actorRules{Actors: a}
	if r.Patterns == nil {
		r.Patterns = DefaultActors
	}
	if r.Else == "" {
		r.Else = "unknown"
	}
	for _, kind := range append([]string{r.Else}, kindsOf(r.Patterns)...) {
		if !slices.Contains(actorKinds, kind) {
			return nil, fmt.Errorf("kind of users %q is none of %s", kind, strings.Join(actorKinds, ", "))
		}
	}
	for _, p := range r.Patterns {
		m, err := regexp.Compile("(?i)" + p.Pattern)
		if err != nil {
			return nil, fmt.Errorf("pattern of users' names %q: %w", p.Pattern, err)
		}
		r.match = append(r.match, m)
	}
	return r, nil
}

func kindsOf(patterns []ActorPattern) (kinds []string) {
	for _, p := range patterns {
		kinds = append(kinds, p.Kind)
	}
	return kinds
}

// foldUser is the form in which names that are one are equal.
func foldUser(name string) string { return strings.ToUpper(strings.TrimSpace(name)) }

// kind is the kind of a name in clear.
func (r *actorRules) kind(name string) string {
	for i, m := range r.match {
		if m.MatchString(name) {
			return r.Patterns[i].Kind
		}
	}
	return r.Else
}

// macro is the SQL of name_kind(name), which says the same of a name in clear,
// and of a pseudonym what it says itself. Of no name it says unknown.
func (r *actorRules) macro() string {
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE MACRO name_kind(name) AS CASE WHEN name IS NULL THEN 'unknown' WHEN regexp_full_match(name, %s) THEN split_part(name, '~', 1)",
		storeLiteral(pseudonymPattern))
	for _, p := range r.Patterns {
		fmt.Fprintf(&b, " WHEN regexp_matches(name, %s, 'i') THEN %s", storeLiteral(p.Pattern), storeLiteral(p.Kind))
	}
	fmt.Fprintf(&b, " ELSE %s END", storeLiteral(r.Else))
	return b.String()
}
