package calendar

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/aa"
	"github.com/rickar/cal/v2/ar"
	"github.com/rickar/cal/v2/at"
	"github.com/rickar/cal/v2/au"
	"github.com/rickar/cal/v2/be"
	"github.com/rickar/cal/v2/bg"
	"github.com/rickar/cal/v2/br"
	"github.com/rickar/cal/v2/ca"
	"github.com/rickar/cal/v2/ch"
	"github.com/rickar/cal/v2/cy"
	"github.com/rickar/cal/v2/cz"
	"github.com/rickar/cal/v2/de"
	"github.com/rickar/cal/v2/dk"
	"github.com/rickar/cal/v2/ecb"
	"github.com/rickar/cal/v2/ee"
	"github.com/rickar/cal/v2/es"
	"github.com/rickar/cal/v2/fi"
	"github.com/rickar/cal/v2/fr"
	"github.com/rickar/cal/v2/gb"
	"github.com/rickar/cal/v2/gr"
	"github.com/rickar/cal/v2/hr"
	"github.com/rickar/cal/v2/hu"
	"github.com/rickar/cal/v2/ie"
	"github.com/rickar/cal/v2/is"
	"github.com/rickar/cal/v2/it"
	"github.com/rickar/cal/v2/jp"
	"github.com/rickar/cal/v2/lt"
	"github.com/rickar/cal/v2/lu"
	"github.com/rickar/cal/v2/lv"
	"github.com/rickar/cal/v2/mt"
	"github.com/rickar/cal/v2/mx"
	"github.com/rickar/cal/v2/nl"
	"github.com/rickar/cal/v2/no"
	"github.com/rickar/cal/v2/nz"
	"github.com/rickar/cal/v2/pl"
	"github.com/rickar/cal/v2/pt"
	"github.com/rickar/cal/v2/ro"
	"github.com/rickar/cal/v2/rs"
	"github.com/rickar/cal/v2/se"
	"github.com/rickar/cal/v2/si"
	"github.com/rickar/cal/v2/sk"
	"github.com/rickar/cal/v2/us"
	"github.com/rickar/cal/v2/za"
)

// A region is where the same holidays are kept.
type region struct {
	code string // of ISO 3166-1 or -2
	name string
	days []*cal.Holiday
}

// regions lists them by code, the states where a country leaves holidays to
// them.
var regions = []region{
	{"AR", "Argentina", ar.Holidays},
	{"AT", "Austria", at.Holidays},
	{"AU-ACT", "Australian Capital Territory", au.HolidaysACT},
	{"AU-NSW", "New South Wales", au.HolidaysNSW},
	{"AU-NT", "Northern Territory", au.HolidaysNT},
	{"AU-QLD", "Queensland", au.HolidaysQLD},
	{"AU-SA", "South Australia", au.HolidaysSA},
	{"AU-TAS", "Tasmania", au.HolidaysTAS},
	{"AU-VIC", "Victoria", au.HolidaysVIC},
	{"AU-WA", "Western Australia", au.HolidaysWA},
	{"BE", "Belgium", be.Holidays},
	{"BG", "Bulgaria", bg.Holidays},
	{"BR", "Brazil", br.Holidays},
	{"CA", "Canada", ca.Holidays},
	{"CH-AG", "Aargau", ch.HolidaysAG},
	{"CH-AI", "Appenzell Innerrhoden", ch.HolidaysAI},
	{"CH-AR", "Appenzell Ausserrhoden", ch.HolidaysAR},
	{"CH-BE", "Bern", ch.HolidaysBE},
	{"CH-BL", "Basel-Landschaft", ch.HolidaysBL},
	{"CH-BS", "Basel-Stadt", ch.HolidaysBS},
	{"CH-FR", "Fribourg", ch.HolidaysFR},
	{"CH-GE", "Genève", ch.HolidaysGE},
	{"CH-GL", "Glarus", ch.HolidaysGL},
	{"CH-GR", "Graubünden", ch.HolidaysGR},
	{"CH-JU", "Jura", ch.HolidaysJU},
	{"CH-LU", "Luzern", ch.HolidaysLU},
	{"CH-NE", "Neuchâtel", ch.HolidaysNE},
	{"CH-NW", "Nidwalden", ch.HolidaysNW},
	{"CH-OW", "Obwalden", ch.HolidaysOW},
	{"CH-SG", "St. Gallen", ch.HolidaysSG},
	{"CH-SH", "Schaffhausen", ch.HolidaysSH},
	{"CH-SO", "Solothurn", ch.HolidaysSO},
	{"CH-SZ", "Schwyz", ch.HolidaysSZ},
	{"CH-TG", "Thurgau", ch.HolidaysTG},
	{"CH-TI", "Ticino", ch.HolidaysTI},
	{"CH-UR", "Uri", ch.HolidaysUR},
	{"CH-VD", "Vaud", ch.HolidaysVD},
	{"CH-VS", "Valais", ch.HolidaysVS},
	{"CH-ZG", "Zug", ch.HolidaysZG},
	{"CH-ZH", "Zürich", ch.HolidaysZH},
	{"CY", "Cyprus", cy.Holidays},
	{"CZ", "Czechia", cz.Holidays},
	{"DE", "Germany", with(de.Holidays, reformation2017)},
	{"DE-BB", "Brandenburg", with(de.HolidaysBB, ostersonntag, pfingstsonntag)},
	{"DE-BE", "Berlin", since(2019, de.Frauentag, de.HolidaysBE, reformation2017, befreiung2020, befreiung2025)},
	{"DE-BW", "Baden-Württemberg", with(de.HolidaysBW, reformation2017)},
	{"DE-BY", "Bayern", with(de.HolidaysBY, reformation2017)},
	{"DE-HB", "Bremen", since(2017, de.Reformationstag, de.HolidaysHB)},
	{"DE-HE", "Hessen", with(de.HolidaysHE, reformation2017)},
	{"DE-HH", "Hamburg", since(2017, de.Reformationstag, de.HolidaysHH)},
	{"DE-MV", "Mecklenburg-Vorpommern", with(de.HolidaysMV, frauentag2023)},
	{"DE-NI", "Niedersachsen", since(2017, de.Reformationstag, de.HolidaysNI)},
	{"DE-NW", "Nordrhein-Westfalen", with(de.HolidaysNW, reformation2017)},
	{"DE-RP", "Rheinland-Pfalz", with(de.HolidaysRP, reformation2017)},
	{"DE-SH", "Schleswig-Holstein", since(2017, de.Reformationstag, de.HolidaysSH)},
	{"DE-SL", "Saarland", with(de.HolidaysSL, reformation2017)},
	{"DE-SN", "Sachsen", de.HolidaysSN},
	{"DE-ST", "Sachsen-Anhalt", de.HolidaysST},
	{"DE-TH", "Thüringen", de.HolidaysTH},
	{"DK", "Denmark", dk.Holidays},
	{"EE", "Estonia", ee.Holidays},
	{"ES", "Spain", es.Holidays},
	{"FI", "Finland", fi.Holidays},
	{"FR", "France", fr.Holidays},
	{"GB", "England and Wales", england},
	{"GR", "Greece", gr.Holidays},
	{"HR", "Croatia", hr.Holidays},
	{"HU", "Hungary", hu.Holidays},
	{"IE", "Ireland", ie.Holidays},
	{"IS", "Iceland", is.Holidays},
	{"IT", "Italy", it.Holidays},
	{"JP", "Japan", jp.Holidays},
	{"LT", "Lithuania", lt.Holidays},
	{"LU", "Luxembourg", lu.Holidays},
	{"LV", "Latvia", lv.Holidays},
	{"MT", "Malta", mt.Holidays},
	{"MX", "Mexico", mx.Holidays},
	{"NL", "Netherlands", since(2014, nl.Koningsdag, nl.Holidays, koninginnedag)},
	{"NO", "Norway", no.Holidays},
	{"NZ", "New Zealand", nz.Holidays},
	{"PL", "Poland", pl.Holidays},
	{"PT", "Portugal", pt.Holidays},
	{"RO", "Romania", ro.Holidays},
	{"RS", "Serbia", rs.Holidays},
	{"SE", "Sweden", se.Holidays},
	{"SI", "Slovenia", si.Holidays},
	{"SK", "Slovakia", sk.Holidays},
	{"TARGET", "the euro's payment system", ecb.Holidays},
	{"US", "United States", since(1986, us.MlkDay, us.Holidays)},
	{"ZA", "South Africa", za.Holidays},
	// CH and AU omitted: they keep hardly a holiday as a whole.
	// RU and TH omitted: days are moved by decree each year.
	// UA omitted: no holiday is kept under martial law, since 2022.
	// KE omitted: some go by the sight of the moon.
}

// What the library says of every year, or does not say.
var (
	// The 500th anniversary of the Reformation was kept in all of Germany; in
	// the north it has been a holiday since.
	reformation2017 = once(2017, time.October, 31, "Reformationstag")

	// By Berlin's law on Sundays and holidays, once each.
	befreiung2020 = once(2020, time.May, 8, "Tag der Befreiung")
	befreiung2025 = once(2025, time.May, 8, "Tag der Befreiung")

	frauentag2023 = de.Frauentag.Clone(&cal.Holiday{StartYear: 2023})

	ostersonntag   = aa.Easter.Clone(&cal.Holiday{Name: "Ostersonntag"})
	pfingstsonntag = aa.Pentecost.Clone(&cal.Holiday{Name: "Pfingstsonntag"})

	koninginnedag = &cal.Holiday{Name: "Koninginnedag", Month: time.April, Day: 30, StartYear: 1949, EndYear: 2013,
		Func: cal.CalcDayOfMonth, Observed: []cal.AltDay{{Day: time.Sunday, Offset: -1}}}

	// Royal occasions, and the bank holidays that moved for them.
	england = with(
		except(gb.EarlyMay, 1995, except(gb.SpringHoliday, 2012, except(gb.SpringHoliday, 2002, gb.Holidays))),
		once(1995, time.May, 8, "VE Day"),
		once(1999, time.December, 31, "Millennium"),
		once(2002, time.June, 3, "Golden Jubilee"),
		once(2002, time.June, 4, "Spring Bank Holiday"),
		once(2011, time.April, 29, "Royal Wedding"),
		once(2012, time.June, 4, "Spring Bank Holiday"),
		once(2012, time.June, 5, "Diamond Jubilee"),
		once(2022, time.September, 19, "State Funeral of Queen Elizabeth II"),
	)
)

func once(year int, month time.Month, day int, name string) *cal.Holiday {
	return &cal.Holiday{Name: name, Month: month, Day: day, StartYear: year, EndYear: year, Func: cal.CalcDayOfMonth}
}

func with(list []*cal.Holiday, more ...*cal.Holiday) []*cal.Holiday {
	return slices.Concat(list, more)
}

// since returns list with one of its holidays from its first year on only.
func since(year int, h *cal.Holiday, list []*cal.Holiday, more ...*cal.Holiday) []*cal.Holiday {
	return with(change(h, &cal.Holiday{StartYear: year}, list), more...)
}

// except returns list without one of its holidays in a year.
func except(h *cal.Holiday, year int, list []*cal.Holiday) []*cal.Holiday {
	i := slices.IndexFunc(list, func(x *cal.Holiday) bool { return x.Name == h.Name && x.StartYear == h.StartYear })
	return change(list[i], &cal.Holiday{Except: append(slices.Clone(list[i].Except), year)}, list)
}

func change(h, to *cal.Holiday, list []*cal.Holiday) []*cal.Holiday {
	list = slices.Clone(list)
	list[slices.Index(list, h)] = h.Clone(to) // panics when the library drops it: then this file needs a look
	return list
}

// findRegion returns the region of a code.
func findRegion(code string) (region, error) {
	var ofCountry, countries []string
	country, _, _ := strings.Cut(strings.ToUpper(code), "-")
	guess := ""
	for _, r := range regions {
		if r.code == code {
			return r, nil
		}
		if strings.EqualFold(r.code, code) || strings.EqualFold(r.name, code) || strings.HasSuffix(r.code, "-"+strings.ToUpper(code)) {
			guess = fmt.Sprintf("; did you mean %q (%s)?", r.code, r.name)
		}
		land, _, _ := strings.Cut(r.code, "-")
		if land == country {
			ofCountry = append(ofCountry, r.code)
		}
		if !slices.Contains(countries, land) {
			countries = append(countries, land)
		}
	}
	switch {
	case guess != "":
		return region{}, fmt.Errorf("no holidays are known for %q%s", code, guess)
	case len(ofCountry) > 0:
		return region{}, fmt.Errorf("no holidays are known for %q; known are %s", code, strings.Join(ofCountry, ", "))
	}
	return region{}, fmt.Errorf("no holidays are known for %q; known are %s and their states, as in DE-HH; or list the days under closed", code, strings.Join(countries, ", "))
}
