package metrics

// An Example is some rows and what the figure must be of them.
type Example struct{}
