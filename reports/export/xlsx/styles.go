package xlsx

import (
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"millrace/reports/export/xmltext"
)

// Styles of cells that every workbook has, by their place in its styles; what
// columns want besides comes after them.
const (
	styleTime = 1 + iota
	styleHeader
	styleName
	styleWrapped
	styleTitle
	styleHeaderRight
	styleLink
	styleDate
	styleText
	styleOwn
)

const timeFormat, dateFormat = `yyyy\-mm\-dd\ hh:mm:ss`, `yyyy\-mm\-dd`

// styles are formats of numbers that columns want.
type styles struct{ formats []string }

// of returns the style of a column's cells.
func (s *styles) of(c Column, f arrow.Field) int {
	switch id := f.Type.ID(); {
	case c.Wrap:
		return styleWrapped
	case c.Format != "":
		i := slices.Index(s.formats, c.Format)
		if i < 0 {
			i = len(s.formats)
			s.formats = append(s.formats, c.Format)
		}
		return styleOwn + i
	case id == arrow.TIMESTAMP:
		return styleTime
	case id == arrow.DATE32:
		return styleDate
	case c.Title != "" && id == arrow.STRING:
		return styleText
	}
	return 0
}

func (s *styles) xml() string {
	const first = 164 // of the formats that are not Excel's own
	var e xmltext.Escaper
	var formats, own strings.Builder
	for i, code := range append([]string{timeFormat, dateFormat}, s.formats...) {
		fmt.Fprintf(&formats, `<numFmt numFmtId="%d" formatCode="%s"/>`, first+i, e.Append(nil, code))
	}
	for i := range s.formats {
		fmt.Fprintf(&own, `<xf numFmtId="%d" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyAlignment="1"><alignment vertical="top"/></xf>`, first+2+i)
	}
	return xmlHead + `<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">` +
		fmt.Sprintf(`<numFmts count="%d">%s</numFmts>`, len(s.formats)+2, formats.String()) +
		`<fonts count="4"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font><font><b/><sz val="11"/><name val="Calibri"/><family val="2"/></font>` +
		`<font><b/><sz val="15"/><name val="Calibri"/><family val="2"/></font><font><u/><sz val="11"/><color rgb="FF0B5394"/><name val="Calibri"/><family val="2"/></font></fonts>` +
		`<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>` +
		`<fill><patternFill patternType="solid"><fgColor rgb="FFE8ECF1"/><bgColor indexed="64"/></patternFill></fill></fills>` +
		`<borders count="2"><border><left/><right/><top/><bottom/><diagonal/></border><border><left/><right/><top/><bottom style="thin"><color auto="1"/></bottom><diagonal/></border></borders>` +
		`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>` +
		fmt.Sprintf(`<cellXfs count="%d">`, styleOwn+len(s.formats)) +
		`<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>` +
		`<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyAlignment="1"><alignment vertical="top"/></xf>` +
		`<xf numFmtId="0" fontId="1" fillId="2" borderId="1" xfId="0" applyFont="1" applyFill="1" applyBorder="1"/>` +
		`<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1" applyAlignment="1"><alignment vertical="top"/></xf>` +
		`<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf>` +
		`<xf numFmtId="0" fontId="2" fillId="0" borderId="0" xfId="0" applyFont="1"/>` +
		`<xf numFmtId="0" fontId="1" fillId="2" borderId="1" xfId="0" applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1"><alignment horizontal="right" indent="2"/></xf>` +
		`<xf numFmtId="49" fontId="3" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1" applyAlignment="1"><alignment vertical="top"/></xf>` +
		`<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyAlignment="1"><alignment vertical="top"/></xf>` +
		`<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" applyAlignment="1"><alignment vertical="top"/></xf>` +
		own.String() +
		`</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`
}
