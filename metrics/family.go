package metrics

import (
	"fmt"
	"slices"
)

// A family is the statements of a batch that are about one figure and look at
// the same rows of it, in other periods or by other dimensions: by month, and by
// quarter and site. The rows are looked at and measured once.
type family struct {
	whole   *statement   // with the dimensions of all of them
	looked  looking      // what whole looks at
	members []*statement // copies, each with its rank and places
	figures []int        // their numbers in the batch
}

// familiesOf finds the families of a batch, in the order of their first statements.
func familiesOf(b []*statement) (list []*family, err error) {
	of := map[string]*family{}
	for i, s := range b {
		l, err := s.lookedAt()
		if err != nil {
			return nil, err
		}
		key := fmt.Sprintf("%p\x00", s.k) + looking{l.columns[len(s.by):], l.from}.text()
		f := of[key]
		if f == nil {
			whole := *s
			whole.by, whole.overBy = nil, nil
			f = &family{whole: &whole}
			of[key] = f
			list = append(list, f)
		}
		f.add(i, *s)
	}
	for _, f := range list {
		if f.looked, err = f.whole.lookedAt(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// add makes s the next member. The first of those with the same periods says for
// all of them which rows count in which.
func (f *family) add(figure int, s statement) {
	over := func(list []string, i int) string {
		if list == nil {
			return ""
		}
		return list[i]
	}
	s.rank, s.places = len(f.members), make([]int, len(s.by))
	for i, e := range s.by {
		at := 0
		for at < len(f.whole.by) && (f.whole.by[at] != e || over(f.whole.overBy, at) != over(s.overBy, i)) {
			at++
		}
		if at == len(f.whole.by) {
			f.whole.by = append(f.whole.by, e)
			if s.overBy != nil {
				f.whole.overBy = append(f.whole.overBy, s.overBy[i])
			}
		}
		s.places[i] = at
	}
	if same := slices.IndexFunc(f.members, func(m *statement) bool { return slices.Equal(m.periods, s.periods) }); same >= 0 {
		s.rank = f.members[same].rank
	}
	f.members, f.figures = append(f.members, &s), append(f.figures, figure)
}

// place is the column of the i-th dimension, in a family among those of all.
func (s *statement) place(i int) string {
	if s.places != nil {
		i = s.places[i]
	}
	return fmt.Sprintf("by_%d", i)
}

// ranked is the name of a CTE that the statements of a rank have of their own.
func (s *statement) ranked(name string) string {
	if s.rank > 0 {
		name += fmt.Sprintf("_%d", s.rank)
	}
	return name
}
