package eventlog

// A Note tells the reader of a result something that does not invalidate it:
// arcs left out, cases still open, times that were missing. Every result
// carries its notes, and every renderer shows them.
type Note struct {
	Code string `json:"code"` // stable, for tests and filters: "missing-times"
	Text string `json:"text"` // one sentence, for people
}
