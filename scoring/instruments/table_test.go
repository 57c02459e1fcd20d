package instruments

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/painscore/painscore/scoring"
)

var updateTable = flag.Bool("update-table", false, "write the table of scales into ../DESIGN.md")

const (
	tableBegin = "<!-- table: go test ./scoring/instruments -update-table -->\n"
	tableEnd   = "<!-- end of table -->\n"
)

// TestDesignShowsEveryScale holds the table in DESIGN.md to the definitions:
// what a reader checks against a paper is what the engine computes with.
func TestDesignShowsEveryScale(t *testing.T) {
	const name = "../DESIGN.md"
	design, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(design), tableBegin)
	_, after, ended := strings.Cut(rest, tableEnd)
	if !ok || !ended {
		t.Fatalf("%s has no place for the table", name)
	}
	want := before + tableBegin + scaleTable(t) + tableEnd + after
	if *updateTable {
		if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want != string(design) {
		t.Errorf("%s differs from the definitions; run go test ./scoring/instruments -update-table", name)
	}
}

func scaleTable(t *testing.T) string {
	t.Helper()
	catalogue, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("| scale | key | missing answers | bands and flags, from | important change (MCID) | measurement error (SDC95) |\n|---|---|---|---|---|---|\n")
	for _, in := range catalogue.List() {
		for _, s := range in.Scales() {
			fmt.Fprintf(&b, "| `%s` %s | %s | %s | %s | %s | %s |\n", in.ID(), s.Code, key(s), missing(s), cutoffs(s), thresholds(mcid(s)), thresholds(sdc(s)))
		}
	}
	return b.String()
}

func key(s scoring.ScaleInfo) string {
	way := map[scoring.Direction]string{scoring.HigherIsBetter: "higher is better", scoring.HigherIsWorse: "higher is worse", scoring.NoDirection: "no direction"}[s.Direction]
	what := s.Kind + " of " + strings.Join(s.Items, ", ")
	if len(s.Def.Scales) > 0 {
		what = "sum of " + strings.Join(s.Def.Scales, ", ")
	}
	if len(s.Def.Reversed) > 0 {
		what += "; reversed " + strings.Join(s.Def.Reversed, ", ")
	}
	if s.Lowest.Valid() {
		what += fmt.Sprintf("; %s–%s", s.Lowest, s.Highest)
	}
	return what + "; " + way + " " + basis(s.Def.Known, s.Def.Source)
}

func basis(known scoring.Known, sources ...string) string {
	return "(" + strings.Join(sources, ", ") + "; " + string(known) + ")"
}

func missing(s scoring.ScaleInfo) string {
	switch s.Rule {
	case scoring.RuleHalf:
		return fmt.Sprintf("half: at least %d of %d %s", (len(s.Items)+1)/2, len(s.Items), basis(s.Def.Missing.Known, s.Def.Missing.Source))
	case scoring.RuleAtLeast:
		return fmt.Sprintf("at least %d of %d %s", s.Def.Missing.Items, len(s.Items), basis(s.Def.Missing.Known, s.Def.Missing.Source))
	}
	return "all needed"
}

func cutoffs(s scoring.ScaleInfo) string {
	var list []string
	for _, b := range s.Bands {
		list = append(list, b.Code+" "+b.From.String())
	}
	text := strings.Join(list, ", ")
	if s.Def.Bands != nil {
		text += " " + basis(s.Def.Bands.Known, s.Def.Bands.Source)
	}
	for _, f := range s.Def.Flags {
		text += fmt.Sprintf("; flag %s %s %s", f.Code, f.From, basis(f.Known, f.Source))
	}
	if text == "" {
		return "–"
	}
	return strings.TrimPrefix(text, "; ")
}

func mcid(s scoring.ScaleInfo) []scoring.Threshold {
	if s.Def.Change == nil {
		return nil
	}
	return s.Def.Change.MCID
}

func sdc(s scoring.ScaleInfo) []scoring.Threshold {
	if s.Def.Change == nil {
		return nil
	}
	return s.Def.Change.SDC
}

func thresholds(list []scoring.Threshold) string {
	var texts []string
	for _, t := range list {
		text := string(t.Low)
		if t.High != t.Low {
			text += "–" + string(t.High)
		}
		if t.EarlierAtMost != "" {
			text += " where the earlier score is at most " + string(t.EarlierAtMost)
		}
		if t.EarlierAbove != "" {
			text += " where the earlier score is above " + string(t.EarlierAbove)
		}
		if t.Borrowed {
			text += ", borrowed"
		}
		texts = append(texts, text+", "+t.Population+" "+basis(t.Known, t.Sources...))
	}
	if len(texts) == 0 {
		return "not established"
	}
	return strings.Join(texts, "; ")
}
