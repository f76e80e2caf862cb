package odata_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"millrace/ingest/odata"
	"millrace/ingest/web"
)

// project is what the command line reads of a project file.
type project struct {
	Sources map[string]struct {
		OData *odata.Config `yaml:"odata"`
	} `yaml:"sources"`
}

func env(values map[string]string) web.Env {
	return web.Env{Lookup: func(name string) (string, bool) { v, ok := values[name]; return v, ok }}
}

func TestSample(t *testing.T) {
	var p project
	if err := yaml.NewDecoder(bytes.NewReader([]byte(odata.Sample)), yaml.Strict()).Decode(&p); err != nil {
		t.Fatal(err)
	}
	s4, finance := p.Sources["s4"].OData, p.Sources["finance"].OData
	if s4.SAPClient != "100" || len(s4.Services) != 3 || s4.Auth.Basic.User != "MILLRACE" || s4.Timeout.Minutes() != 5 || s4.Tables["A_SalesOrder"].Paging != odata.PagingKey {
		t.Errorf("s4: %+v", s4)
	}
	if finance.Auth.OAuth2.Scope == "" || !finance.Auth.OAuth2.InBody || len(finance.Companies) != 2 || finance.Tables["SALESTABLE"].Set != "SalesOrderHeadersV2" {
		t.Errorf("finance: %+v", finance)
	}
	s4.CA = "" // a file that is not here
	if s, err := odata.Open(*s4, env(map[string]string{"S4_PASSWORD": "x"})); err != nil || s.Origin() != "https://s4.example:44300/sap/opu/odata/sap/" {
		t.Errorf("origin %v, %v", s, err)
	}
	var q project
	err := yaml.NewDecoder(strings.NewReader("sources: {x: {odata: {url: 'https://x', tables: {A: {sett: B}}}}}"), yaml.Strict()).Decode(&q)
	if err == nil || !strings.Contains(err.Error(), `"sett"`) {
		t.Errorf("a mistyped field: %v", err)
	}
	err = yaml.NewDecoder(strings.NewReader("sources: {x: {odata: {url: 'https://x', auht: {}}}}"), yaml.Strict()).Decode(&q)
	if err == nil || !strings.Contains(err.Error(), `"auht"`) {
		t.Errorf("a mistyped block: %v", err)
	}
}

// What is wrong with a configuration is said before anything is asked, and
// never with a secret.
func TestOpen(t *testing.T) {
	basic := func(from web.Secret) web.Auth { return web.Auth{Basic: &web.Basic{User: "u", Password: from}} }
	for _, c := range []struct {
		config odata.Config
		want   string
	}{
		{odata.Config{}, "url is missing"},
		{odata.Config{Config: web.Config{URL: "https://u:geheim@x/"}}, "url: has a user in it; put it in auth"},
		{odata.Config{Config: web.Config{URL: "https://x/?key=geheim"}}, "url: has a query in it; put it in query, a secret in auth"},
		{odata.Config{Config: web.Config{URL: "http://erp.example/"}}, `url: "http://erp.example/" is not encrypted: use https, or set allow_http: true if nobody else is on that network`},
		{odata.Config{Config: web.Config{URL: "https://x/", Auth: basic("geheim")}}, "auth: basic: password_from: want env:NAME or file:PATH, not the secret itself"},
		{odata.Config{Config: web.Config{URL: "https://x/", Auth: basic("env:NOT")}}, "auth: basic: password_from: env:NOT is not set, or empty"},
		{odata.Config{Config: web.Config{URL: "https://x/"}, Services: []string{"https://other/"}}, `services: "https://other/": want a path below https://x/, without a query`},
		{odata.Config{Config: web.Config{URL: "https://x/"}, Tables: map[string]odata.TableConfig{"A": {Paging: "pages"}}}, `tables: A: paging: "pages": want server, key or skip`},
	} {
		_, err := odata.Open(c.config, env(nil))
		if err == nil || err.Error() != c.want {
			t.Errorf("%v\nwant %s", err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "geheim") {
			t.Errorf("a secret: %v", err)
		}
	}
}
