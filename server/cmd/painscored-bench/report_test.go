package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestATableForADocumentIsMarkdown(t *testing.T) {
	f := &benchFlags{markdown: true, rounds: 3, lasting: time.Second, connections: 4}
	rows := []row{
		{Call: "Submit", InFlight: 64, Who: "painscored", Median: sample{PerSecond: 1000, P50: time.Millisecond, P99: 2 * time.Millisecond}},
		{Call: "Submit", InFlight: 64, Who: "stub", Median: sample{PerSecond: 2000}, First: &ratio{Rate: 0.5, Lowest: 0.4, Highest: 0.6}},
	}
	var out bytes.Buffer
	if err := f.print(&out, machine{Engine: "SQLite 9"}, rows, sizeReport{Forms: 54, Imported: 9, FirstAnswer: time.Second, Database: 2e6}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"SQLite 9",
		"| call | in flight | who | per second | p50 | p99 | the first's rate to it | p99 to its |\n|---|---|---|---|---|---|---|---|\n",
		"| Submit | 64 | painscored | 1000 | 1ms | 2ms |  |  |\n",
		"| Submit | 64 | stub | 2000 | – | – | 0.50 (0.40–0.60) |  |\n",
		"| 54 | 9 | 1s | unknown | unknown | 2.0 MB |\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("not there: %s\nin\n%s", want, &out)
		}
	}
}
