package conform

// Fitness says how much of a log a net can do; 1 is all of it.
//
// The fitness of a trace is 1 − cost / (events + visible moves of a shortest
// run), that is, against the alignment in which the trace and the net have
// nothing to do with each other (Adriansyah, doi:10.6100/IR770080). That of a
// prefix is 1 − cost / events, as a net that has not begun costs nothing. Where a
// cost is not known to be the least, fitness is that of the alignment found, so
// it may be too low.
type Fitness struct {
	AverageTrace float64 // mean over cases
	Log          float64 // of the sum of costs; long cases count more
	FittingCases int64   // whose cost is 0
}

// Fitness returns the fitness of the log; of a log without cases it is 1.
func (a *Alignments) Fitness() Fitness {
	f := Fitness{AverageTrace: 1, Log: 1}
	var cases, worst, cost int64
	var lost float64
	for i := range a.Variants {
		v := &a.Summary.Variants[i]
		of := a.apart(int64(len(v.Path)))
		cases += v.Cases
		worst += of * v.Cases
		cost += a.Variants[i].Cost * v.Cases
		if a.Variants[i].Cost == 0 {
			f.FittingCases += v.Cases
		} else {
			// The conversion keeps multiplication and addition apart on every machine.
			lost += float64(float64(v.Cases) * (float64(a.Variants[i].Cost) / float64(of)))
		}
	}
	if cost > 0 {
		f.AverageTrace = 1 - lost/float64(cases)
		f.Log = 1 - float64(cost)/float64(worst)
	}
	return f
}

// Cost is the sum of the costs of all cases.
func (a *Alignments) Cost() (cost int64) {
	for i := range a.Variants {
		cost += a.Variants[i].Cost * a.Summary.Variants[i].Cases
	}
	return cost
}
