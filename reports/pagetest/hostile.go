package pagetest

import (
	"strings"

	"millrace/reports"
)

// Hostile are names that a careless page would run, or break on.
var Hostile = map[string]string{
	"Pick":                  `</script><script>window.PWN=1</script>`,
	"Pack":                  `<img src=x onerror="window.PWN=2">`,
	"Check credit":          `'; DROP TABLE event; --`,
	"Confirm order":         `"><svg/onload=window.PWN=3>{{.}} ${window.PWN=4} </title></style>`,
	"Post goods issue":      "تسجيل خروج البضاعة من المستودع",
	"Create invoice":        "請求書を作成して得意先へ送付する（電子データ交換）",
	"Send invoice":          "a\u202egnissecorp esrever\u0000\u0007 \ufeff" + "]]>&amp;",
	"Create delivery":       strings.Repeat("An activity whose name is far too long to be shown in full. ", 167),
	"Receive payment":       "📦➡️🏭👩‍👩‍👧‍👦 paid 💶",
	"Clear receivable":      strings.Repeat("W", 120),
	"Create sales order":    "   ",
	"Receive order by EDI":  "javascript:window.PWN=5",
	"Release credit hold":   "\xff\xfe not UTF-8 \xc3\x28",
	"Set credit hold":       `__f__(window.PWN=9)__f__`,
	"Backorder item":        "\u200f\u202b\u2067right-to-left\u2066 marks that nobody closes",
	"Remove delivery block": "line one\nline two\ttabbed",
}

// HostileFlow is the input of a page all of whose words are hostile.
func HostileFlow() reports.FlowInput {
	in := O2C().Rename(Hostile).Flow()
	in.Agreed = nil
	in.Title = `<script>window.PWN=6</script> & Sons`
	in.Source = `"><img src=x onerror=window.PWN=7> ` + strings.Repeat("endless", 60)
	in.Notes[0].Text = `<b onmouseover="window.PWN=8">note</b>`
	in.LeftOut[0].What = `rows of <table>`
	in.Waits.Waits[0].Value[0].Currency = `<i>`
	return in
}
