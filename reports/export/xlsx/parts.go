package xlsx

import (
	"fmt"
	"strings"

	"millrace/reports/export/xmltext"
)

const xmlHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"

// contentTypes makes a worksheet of every part that it does not name, so it
// can be written first, as readers like it.
func (x *workbook) contentTypes() string {
	properties := ""
	if x.book.Title != "" {
		properties = `<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>`
	}
	return xmlHead + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Default Extension="xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>` +
		`<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>` +
		`<Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>` +
		properties + `</Types>`
}

func (x *workbook) rootRelations() string {
	properties := ""
	if x.book.Title != "" {
		properties = `<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/>`
	}
	return xmlHead + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
		`<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/>` +
		properties + `</Relationships>`
}

// properties of the document; without times, which would be of a clock.
func (x *workbook) properties() string {
	var e xmltext.Escaper
	return xmlHead + `<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/">` +
		`<dc:title>` + string(e.Append(nil, x.book.Title)) + `</dc:title><dc:creator>Millrace</dc:creator></cp:coreProperties>`
}

const sheetHead = xmlHead + `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">`

// fitWidth and pageLayout print a sheet across, one page wide, with its name
// and the pages' numbers.
const (
	fitWidth   = `<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>`
	pageLayout = `<pageMargins left="0.5" right="0.5" top="0.6" bottom="0.6" header="0.3" footer="0.3"/>` +
		`<pageSetup paperSize="9" orientation="landscape" fitToWidth="1" fitToHeight="0"/>` +
		`<headerFooter><oddFooter>&amp;L&amp;A&amp;R&amp;P / &amp;N</oddFooter></headerFooter>`
)

// frozenView keeps the header in view.
const frozenView = `<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>` +
	`<selection pane="bottomLeft"/></sheetView></sheetViews>`

// workbookXML lists the sheets. Excel keeps the range of a filter in a hidden
// name too, and in another the rows that every printed page begins with.
func (x *workbook) workbookXML() string {
	var e xmltext.Escaper
	var sheets, filters, headers strings.Builder
	for i, s := range x.sheets {
		fmt.Fprintf(&sheets, `<sheet name="%s" sheetId="%d" r:id="rId%[2]d"/>`, e.Append(nil, s.name), i+2)
		if s.columns > 0 {
			name := "'" + strings.ReplaceAll(s.name, "'", "''") + "'"
			fmt.Fprintf(&filters, `<definedName name="_xlnm._FilterDatabase" localSheetId="%d" hidden="1">%s!$A$1:$%s$%d</definedName>`,
				i+1, e.Append(nil, name), columnName(s.columns-1), s.rows)
			fmt.Fprintf(&headers, `<definedName name="_xlnm.Print_Titles" localSheetId="%d">%s!$1:$1</definedName>`, i+1, e.Append(nil, name))
		}
	}
	names := ""
	if filters.Len() > 0 {
		names = "<definedNames>" + filters.String() + headers.String() + "</definedNames>"
	}
	return xmlHead + `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">` +
		`<bookViews><workbookView activeTab="1"/></bookViews><sheets><sheet name="about" sheetId="1" r:id="rId1"/>` + sheets.String() + `</sheets>` + names + `</workbook>`
}

func (x *workbook) relations() string {
	const base = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
	var b strings.Builder
	b.WriteString(xmlHead + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`)
	for i := range len(x.sheets) + 1 {
		fmt.Fprintf(&b, `<Relationship Id="rId%d" Type="%sworksheet" Target="worksheets/sheet%[1]d.xml"/>`, i+1, base)
	}
	fmt.Fprintf(&b, `<Relationship Id="rId%d" Type="%sstyles" Target="styles.xml"/></Relationships>`, len(x.sheets)+2, base)
	return b.String()
}

// linkRelations lists where the cells of a sheet lead to.
func (x *workbook) linkRelations() string {
	var e xmltext.Escaper
	text := []byte(xmlHead + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`)
	for i, l := range x.links {
		text = fmt.Appendf(text, `<Relationship Id="rId%d" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink" Target="%s" TargetMode="External"/>`, i+1, e.Append(nil, l.url))
	}
	return string(append(text, "</Relationships>"...))
}
