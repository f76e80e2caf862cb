package calendar

import (
	"bytes"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// TestInAProjectFile holds that definitions decode as part of a larger file,
// and that an error says where in that file.
func TestInAProjectFile(t *testing.T) {
	read := func(text string) (map[string]Definition, error) {
		var project struct {
			Calendars map[string]Definition `yaml:"calendars"`
		}
		err := yaml.NewDecoder(bytes.NewReader([]byte(text)), yaml.Strict()).Decode(&project)
		return project.Calendars, err
	}
	all, err := read(`calendars: {hamburg: {weekdays: "08:00-18:00", holidays: DE-HH}, always: 24/7}`)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"hamburg": `{timezone: Asia/Tokyo, weekdays: "08:00-18:00", holidays: ["DE-HH"]}`,
		"always":  `{timezone: Asia/Tokyo, daily: "00:00-24:00"}`,
	} {
		c, err := New(all[name], "Asia/Tokyo")
		if err != nil {
			t.Fatal(err)
		}
		if c.String() != want {
			t.Errorf("%s is %s, want %s", name, c, want)
		}
	}
	_, err = read("calendars:\n  hamburg:\n    weekdays: \"08:00-18:00\"\n    holidays: DE-XX\n")
	if err == nil || !strings.HasPrefix(yaml.FormatError(err, false, true), `[4:15] no holidays are known for "DE-XX"`) {
		t.Errorf("the error is %v", err)
	}
	if _, err := New(Definition{}, ""); err == nil {
		t.Error("a definition of nothing made a calendar")
	}
	if _, err := New(all["always"], "Mars/Olympus"); err == nil || !strings.Contains(err.Error(), "Mars/Olympus") {
		t.Errorf("the error is %v", err)
	}
}
