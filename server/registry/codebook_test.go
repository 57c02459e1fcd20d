package registry

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/scoring/instruments"
	"github.com/painscore/painscore/server/store"
)

func find(t *testing.T, book *Codebook, name string) Meaning {
	t.Helper()
	at := slices.IndexFunc(book.Variables, func(m Meaning) bool { return m.Name == name })
	if at < 0 {
		t.Fatalf("no variable %s", name)
	}
	return book.Variables[at]
}

// TestCodebookSaysWhatTheDefinitionSays takes facts that are in the definition
// files and in the instruments' publications.
func TestCodebookSaysWhatTheDefinitionSays(t *testing.T) {
	catalogue, _ := catalogueOf(t)
	book := CodebookOf(catalogue.List())
	anxiety := find(t, book, "hads__anxiety")
	if v := anxiety.Versions[0]; v.Lowest != "0" || v.Highest != "21" || v.Rule != "half" || !strings.HasPrefix(v.Source, "Zigmond AS") ||
		strings.Join(v.Items, " ") != "1 3 5 7 9 11 13" || anxiety.Decimals != 2 || anxiety.Direction != "higher_is_worse" {
		t.Errorf("HADS anxiety: %+v", anxiety)
	}
	if band := find(t, book, "hads__band_anxiety"); strings.Join(band.Versions[0].Values, " ") != "normal possible probable" {
		t.Errorf("its bands: %+v", band)
	}
	index := find(t, book, "eq_5d_5l__index__se_tto_2020")
	if v := index.Versions[0]; index.Type != "decimal" || index.Decimals != 4 || v.Highest != "0.9755" || v.Lowest != "0.2433" || index.Label != "EQ-5D-5L index by se_tto_2020" {
		t.Errorf("EQ-5D index: %+v", index)
	}
	if item := find(t, book, "wai__qprognosis"); strings.Join(item.Versions[0].Values, " ") != "1 4 7" {
		t.Errorf("WAI prognosis takes 1, 4 and 7: %+v", item)
	}
	if slices.ContainsFunc(book.Variables, func(m Meaning) bool { return m.Name == "isi__prorated_total" }) {
		t.Error("ISI needs all its items and is never prorated")
	}
}

func TestCodebookHasEveryVariableOnceWithSourceAndCodes(t *testing.T) {
	catalogue, _ := catalogueOf(t)
	for name, columns := range map[string][]Column{
		"long": nil,
		"wide": {{store.Baseline, "", store.Patient}, {store.FollowUp12Months, "", store.Patient}, {store.OtherOccasion, "6 veckor", store.Relative}},
	} {
		book := CodebookOf(catalogue.List(), columns...)
		seen := map[string]bool{}
		for _, m := range book.Variables {
			if seen[m.Name] || m.Label == "" || m.Type == "" || len(m.Versions) == 0 {
				t.Errorf("%s: %s is not its own, or not described: %+v", name, m.Name, m)
			}
			seen[m.Name] = true
			for _, v := range m.Versions {
				low, err := strconv.ParseFloat(v.Lowest, 64)
				for _, code := range m.Missing {
					if err == nil && float64(code.Code) >= low {
						t.Errorf("%s %s: %s is coded %d, which is a value", name, m.Name, code.Reason, code.Code)
					}
				}
				if m.What == ScaleVariable && (v.Source == "" || v.ScoringHash == "") {
					t.Errorf("%s %s: no source or hash", name, m.Name)
				}
			}
			if m.What == ItemVariable && len(m.Missing) != 8 || len(m.Missing) < 3 {
				t.Errorf("%s %s: missing codes %v", name, m.Name, m.Missing)
			}
		}
	}
}

// TestVersionsShareAColumn: another version with a wider item makes one
// variable of two versions, and codes that are below both.
func TestVersionsShareAColumn(t *testing.T) {
	catalogue, err := instruments.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for version, item := range map[string]string{"1": "{code: mood, min: 0, max: 10}", "2": "{code: mood, type: decimal, min: -95, max: 10, decimals: 2}"} {
		body := "format: 1\ninstrument: site\nversion: \"" + version + "\"\ntitle: =Site form\nsources:\n  - {code: site, cite: ours}\n" +
			"licence: {holder: none, status: free}\nitems:\n  - " + item + "\nexamples:\n  - {name: any, answers: {mood: 3}}\n"
		if err := catalogue.AddFile("site.yaml", []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	var versions []*scoring.Instrument
	for _, in := range catalogue.List() {
		if in.ID() == "site" {
			versions = append(versions, in)
		}
	}
	book := CodebookOf(versions)
	mood := find(t, book, "site__qmood")
	if len(mood.Versions) != 2 || mood.Type != "decimal" || mood.Decimals != 2 || mood.Missing[0].Code >= -2147483648 {
		t.Errorf("%+v", mood)
	}
	var text bytes.Buffer
	if err := book.WriteCSV(&text, ';'); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text.String(), ";'=Site form item mood;") {
		t.Errorf("a label that begins like a formula must be harmless:\n%s", text.String())
	}
}

func TestCodebookFilesCanBeReadBack(t *testing.T) {
	catalogue, _ := catalogueOf(t)
	book := CodebookOf(catalogue.List())
	var table, document, again bytes.Buffer
	if err := book.WriteCSV(&table, ','); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&table).ReadAll()
	if err != nil || len(rows) != len(book.Variables)+1 || len(rows[1]) != len(codebookHeader) {
		t.Fatalf("%d rows for %d variables: %v", len(rows), len(book.Variables), err)
	}
	if err := book.WriteJSON(&document); err != nil {
		t.Fatal(err)
	}
	if err := CodebookOf(catalogue.List()).WriteJSON(&again); err != nil || !bytes.Equal(document.Bytes(), again.Bytes()) {
		t.Error("the same definitions give another file")
	}
	var back struct{ Variables []map[string]any }
	if err := json.Unmarshal(document.Bytes(), &back); err != nil || len(back.Variables) != len(book.Variables) {
		t.Fatalf("%d variables: %v", len(back.Variables), err)
	}
	if got := back.Variables[0]["name"]; got != book.Variables[0].Name {
		t.Errorf("first variable %v", got)
	}
}
