package main

import (
	"strings"
	"testing"
)

// TestABatteryIsSetListedAndRemoved: from the operator's words to what a list
// says of it.
func TestABatteryIsSetListedAndRemoved(t *testing.T) {
	p := start(t, t.TempDir())
	p.mustSet(t, "set-battery", "baseline", "hads", "pcs", "--from", "2026-01-01", "--unit", "unit-1", "--track", "programme", "--note", "decided in May")
	p.mustSet(t, "set-battery", "other", "nprs", "--label", "6 weeks", "--anchor", "programme_end", "--from-days", "28", "--to-days", "42",
		"--from", "2026-01-01", "--unit", "unit-1", "--note", "ours")
	p.mustSet(t, "set-battery", "programme_end", "--from", "2026-02-01", "--every-unit", "--note", "nothing is expected")
	listed := p.mustSet(t, "list", "--kind", "battery")
	for _, want := range []string{"unit-1", "hads, pcs", "2026-01-01", "programme", "6 weeks", "nprs", "28", "42", "nothing is expected"} {
		if !strings.Contains(listed, want) {
			t.Errorf("the list lacks %q:\n%s", want, listed)
		}
	}
	for name, tc := range map[string]struct {
		args []string
		want string
	}{
		"no day":                   {[]string{"set-battery", "baseline", "hads", "--unit", "unit-1"}, "from"},
		"an unknown occasion":      {[]string{"set-battery", "christmas", "--from", "2026-01-01", "--unit", "unit-1"}, "christmas"},
		"an unknown track":         {[]string{"set-battery", "baseline", "--track", "x", "--from", "2026-01-01", "--unit", "unit-1"}, "--track"},
		"an unknown instrument":    {[]string{"set-battery", "baseline", "hadx", "--from", "2026-01-01", "--unit", "unit-1"}, "UNKNOWN_INSTRUMENT"},
		"an own one without label": {[]string{"set-battery", "other", "nprs", "--anchor", "programme_end", "--from-days", "1", "--to-days", "2", "--from", "2026-01-01", "--unit", "unit-1"}, "battery.occasion_label"},
		"a label without need":     {[]string{"set-battery", "baseline", "nprs", "--label", "x", "--from", "2026-01-01", "--unit", "unit-1"}, "battery.occasion_label"},
		"a window the wrong way":   {[]string{"set-battery", "other", "nprs", "--label", "x", "--anchor", "programme_end", "--from-days", "9", "--to-days", "2", "--from", "2026-01-01", "--unit", "unit-1"}, "battery.window"},
	} {
		if _, err := p.settings(t, append(tc.args, "--note", "n")...); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v does not name %q", name, err, tc.want)
		}
	}
	if after := p.mustSet(t, "list", "--kind", "battery"); after != listed {
		t.Errorf("what was refused has changed something:\n%s", after)
	}
}
