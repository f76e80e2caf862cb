package o2c

import "testing"

func TestModel(t *testing.T) {
	if err := Validate(); err != nil {
		t.Fatal(err)
	}
}

// Every view can be asked on an empty store, and the script runs twice.
func TestViewsOnEmptyStore(t *testing.T) {
	db := newStore(t)
	mustExec(t, db, Views())
	for _, v := range ViewList() {
		var n int
		if err := db.QueryRow("SELECT count(*) FROM o2c." + v.Name).Scan(&n); err != nil {
			t.Errorf("%s: %v", v.Name, err)
		}
		if v.Question == "" || v.Question[len(v.Question)-1] != '?' {
			t.Errorf("%s: the first line asks no question: %q", v.Name, v.Question)
		}
	}
}
